package dev.tensafe.he.client;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.wire.FrameType;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Sends the frames of one session, one at a time. Any thread may send: the engine's thread sends
 * evaluations, other threads the rest. Whoever sends may block for as long as the adapter host does
 * not read; {@link #isOverdue} never blocks, so that a watching thread can end that.
 */
final class ClientWriter {
  private final FrameChannel channel;
  private final long timeoutNanos;

  /** Held while a frame is sent: the channel takes one at a time. */
  private final Object sending = new Object();

  /** Of the frame that is being sent; {@code Long.MAX_VALUE} while there is none. */
  private volatile long deadline = Long.MAX_VALUE;

  private volatile long lastSent = System.nanoTime();

  /**
   * @param timeoutNanos for frames without a deadline of their own
   */
  ClientWriter(FrameChannel channel, long timeoutNanos) {
    this.channel = channel;
    this.timeoutNanos = timeoutNanos;
  }

  /**
   * Sends a frame, head included.
   *
   * @param until on {@link System#nanoTime}'s scale
   */
  void send(ByteBuffer frame, long until) throws IOException {
    synchronized (sending) {
      deadline = until;
      try {
        channel.send(frame);
      } finally {
        deadline = Long.MAX_VALUE;
      }
    }
    lastSent = System.nanoTime();
  }

  /** Sends a payload with a head. */
  void send(FrameType type, ByteBuffer payload) throws IOException {
    synchronized (sending) {
      deadline = System.nanoTime() + timeoutNanos;
      try {
        channel.send(type, payload);
      } finally {
        deadline = Long.MAX_VALUE;
      }
    }
    lastSent = System.nanoTime();
  }

  /**
   * As {@link #send(FrameType, ByteBuffer)}.
   *
   * @throws HeException {@code he.connection} where that fails
   */
  void tell(FrameType type, ByteBuffer payload) {
    try {
      send(type, payload);
    } catch (IOException e) {
      throw new HeException(Reason.CONNECTION, "the connection to the adapter host failed", e);
    }
  }

  /** Whether a frame is being sent for longer than it may take. */
  boolean isOverdue() {
    long until = deadline;
    return until != Long.MAX_VALUE && System.nanoTime() - until > 0;
  }

  /** When a frame was last sent, on {@link System#nanoTime}'s scale. */
  long lastSent() {
    return lastSent;
  }
}
