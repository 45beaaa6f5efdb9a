package dev.tensafe.he.host;

import dev.tensafe.he.transport.BufferPool;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.wire.AdapterMessages;
import dev.tensafe.he.wire.CloseReason;
import dev.tensafe.he.wire.ControlMessages;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.Refusal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the frames of one session, one at a time. The session's thread sends answers itself; what
 * was made ahead is sent from a thread of the session's own, so that the one that makes pads for
 * all sessions does not wait for a model host that does not read. That thread is there from the
 * beginning: one that the maker of pads started would have its idle priority, and answers would
 * wait behind it. Thread-safe; not for threads of idle priority but for {@link #sendLater}.
 */
final class HostWriter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HostWriter.class);

  private final FrameChannel channel;
  private final HostStats stats;
  private final ThreadPoolExecutor sender =
      new ThreadPoolExecutor(
          1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), HostWriter::senderThread);

  /** Held while a frame is sent: the channel takes one at a time. */
  private final Object sending = new Object();

  private volatile long lastSent = System.nanoTime();

  /**
   * @param channel closed by the session
   */
  HostWriter(FrameChannel channel, HostStats stats) {
    this.channel = channel;
    this.stats = stats;
    sender.prestartCoreThread();
  }

  private static Thread senderThread(Runnable task) {
    Thread thread = new Thread(task, "he-sender");
    thread.setDaemon(true);
    return thread;
  }

  /** When a frame last went, on {@link System#nanoTime}'s scale. */
  long lastSent() {
    return lastSent;
  }

  /** Sends a frame, head included. */
  void send(ByteBuffer frame) throws IOException {
    synchronized (sending) {
      channel.send(frame);
    }
    lastSent = System.nanoTime();
  }

  /** Sends a payload with a head. */
  void send(FrameType type, ByteBuffer payload) throws IOException {
    synchronized (sending) {
      channel.send(type, payload);
    }
    lastSent = System.nanoTime();
  }

  /**
   * Sends a frame from the session's sending thread.
   *
   * @param buffers where the frame is given back to, sent or not
   */
  void sendLater(ByteBuffer frame, BufferPool buffers) {
    try {
      sender.execute(
          () -> {
            try {
              send(frame);
            } catch (IOException e) {
              channel.close();
            } finally {
              buffers.give(frame);
            }
          });
    } catch (RejectedExecutionException e) {
      buffers.give(frame);
    }
  }

  /**
   * Refuses an adapter or an evaluation; the session goes on.
   *
   * @param request the evaluation, or 0 for the adapter as a whole
   */
  void refuse(int ref, long request, Refusal refusal) throws IOException {
    stats.refused(refusal);
    if (request != 0) {
      LOG.info("{} is refused: {}", channel.peer().label(), refusal);
    }
    send(FrameType.REFUSED, new AdapterMessages.Refused(ref, request, refusal).encode());
  }

  /** Tells the other side that it broke the protocol, and ends the connection. */
  void end() {
    try {
      send(FrameType.CLOSE, ControlMessages.close(CloseReason.PROTOCOL));
    } catch (IOException e) {
      // it is gone already
    }
    channel.close();
  }

  /** Sends nothing more of what waits. */
  @Override
  public void close() {
    sender.shutdownNow();
  }
}
