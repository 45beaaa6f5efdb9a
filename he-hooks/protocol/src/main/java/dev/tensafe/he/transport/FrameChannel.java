package dev.tensafe.he.transport;

import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A connection that carries whole frames. One thread sends at a time; any thread may close it,
 * which ends sending and receiving at once. One thread receives at a time; where {@link #timed}, a
 * thread that waits for as long as it takes gives way to one that has a deadline, for as long as
 * such calls follow each other closely.
 */
public interface FrameChannel extends AutoCloseable {
  /**
   * Sends a frame; may block for as long as the other side does not read.
   *
   * @param frame head and payload, from position to limit; may be used again afterwards
   */
  void send(ByteBuffer frame) throws IOException;

  /**
   * The next frame, or null when the other side has ended the connection between two frames.
   *
   * @param maxPayload a longer one is refused before it is read
   * @return to be given back with {@link #release}
   * @throws dev.tensafe.he.HeException {@code he.protocol} for what is no frame
   */
  @Nullable Frame receive(int maxPayload) throws IOException;

  /** Whether {@link #receive(int, long)} is there. */
  default boolean timed() {
    return false;
  }

  /**
   * The next frame, or null when it is not there in time. What has come of it by then is kept for
   * the next call.
   *
   * @param deadlineNanos on {@link System#nanoTime}'s scale, kept to the millisecond; once it is
   *     past, only what is there already is read
   * @return to be given back with {@link #release}
   * @throws java.io.EOFException when the other side has ended the connection
   * @throws dev.tensafe.he.HeException {@code he.protocol} for what is no frame
   */
  default @Nullable Frame receive(int maxPayload, long deadlineNanos) throws IOException {
    throw new UnsupportedOperationException("this channel waits for as long as it takes");
  }

  /** Gives a frame's memory back; its payload must not be used any more. */
  void release(Frame frame);

  /** The other side, as far as it is proven. */
  PeerIdentity peer();

  @Override
  void close();

  /** Sends a payload with a head. */
  default void send(FrameType type, ByteBuffer payload) throws IOException {
    ByteBuffer frame = ByteBuffer.allocateDirect(Frame.HEAD_BYTES + payload.remaining());
    Frame.putHead(frame, type, payload.remaining());
    send(frame.put(payload.duplicate()).flip());
  }
}
