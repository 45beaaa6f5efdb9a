package dev.tensafe.he.transport;

import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A connection that carries whole frames. One thread sends at a time and one receives; any thread
 * may close it, which ends both at once.
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

  /** Gives a frame's memory back; its payload must not be used any more. */
  void release(Frame frame);

  /** The proven identity of the other side, under which it is metered. */
  String peer();

  @Override
  void close();

  /** Sends a payload with a head. */
  default void send(FrameType type, ByteBuffer payload) throws IOException {
    ByteBuffer frame = ByteBuffer.allocateDirect(Frame.HEAD_BYTES + payload.remaining());
    Frame.putHead(frame, type, payload.remaining());
    send(frame.put(payload.duplicate()).flip());
  }
}
