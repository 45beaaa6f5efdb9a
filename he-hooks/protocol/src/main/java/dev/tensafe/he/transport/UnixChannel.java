package dev.tensafe.he.transport;

import dev.tensafe.he.wire.Frame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Frames over a stream socket of the Unix domain. */
final class UnixChannel extends TimedChannel {
  private static final Logger LOG = LoggerFactory.getLogger(UnixChannel.class);
  private static final long MOST_MILLIS = TimeUnit.HOURS.toMillis(1);

  private final SocketChannel channel;
  private final PeerIdentity peer;
  private final BufferPool pool = new BufferPool();
  private final FrameAssembly frames;
  private final Selector readable;
  private final Selector writable;

  /**
   * @param channel connected; closed with this
   */
  UnixChannel(SocketChannel channel, PeerIdentity peer, long spinNanos) throws IOException {
    super(spinNanos);
    this.channel = channel;
    this.peer = peer;
    this.frames = new FrameAssembly(channel::read, pool);
    channel.configureBlocking(false);
    this.readable = Selector.open();
    this.writable = Selector.open();
    channel.register(readable, SelectionKey.OP_READ);
    channel.register(writable, SelectionKey.OP_WRITE);
  }

  @Override
  public void send(ByteBuffer frame) throws IOException {
    while (frame.hasRemaining()) {
      if (channel.write(frame) == 0) {
        requireNotInterrupted();
        select(writable, MOST_MILLIS);
      }
    }
  }

  @Override
  @Nullable Frame next(int maxPayload) throws IOException {
    return frames.next(maxPayload);
  }

  @Override
  boolean isEnded() {
    return frames.isEnded();
  }

  @Override
  void sleep(long nanos) throws IOException {
    // in whole milliseconds, not too early
    select(readable, Math.min(TimeUnit.NANOSECONDS.toMillis(nanos), MOST_MILLIS - 1) + 1);
  }

  private static void select(Selector selector, long millis) throws IOException {
    try {
      selector.select(key -> {}, millis);
    } catch (ClosedSelectorException e) {
      throw new AsynchronousCloseException();
    }
  }

  @Override
  void wake() {
    readable.wakeup();
  }

  @Override
  public void release(Frame frame) {
    pool.give(frame.payload());
  }

  @Override
  public PeerIdentity peer() {
    return peer;
  }

  @Override
  public void close() {
    try {
      channel.close();
      // a channel that is registered stays open until its selectors let it go
      readable.close();
      writable.close();
    } catch (IOException e) {
      LOG.debug("closing a socket: {}", e.toString());
    }
  }
}
