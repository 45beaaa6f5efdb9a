package dev.tensafe.he.transport;

import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Frames over a stream of bytes. */
final class SocketFrameChannel implements FrameChannel {
  private final ByteStream stream;
  private final String peer;
  private final BufferPool pool = new BufferPool();
  private final ByteBuffer head = ByteBuffer.allocateDirect(Frame.HEAD_BYTES);

  SocketFrameChannel(ByteStream stream, String peer) {
    this.stream = stream;
    this.peer = peer;
  }

  /** A connected socket of any kind. */
  interface ByteStream extends AutoCloseable {
    /** Reads at least one byte, or returns -1 at the end. */
    int read(ByteBuffer into) throws IOException;

    /** Writes all there is. */
    void write(ByteBuffer from) throws IOException;

    @Override
    void close();
  }

  @Override
  public void send(ByteBuffer frame) throws IOException {
    stream.write(frame);
  }

  @Override
  public @Nullable Frame receive(int maxPayload) throws IOException {
    head.clear();
    if (stream.read(head) < 0) {
      return null;
    }
    fill(head);
    head.flip();
    FrameType type = Frame.type(head);
    ByteBuffer payload = pool.take(Frame.length(head, maxPayload));
    fill(payload);
    return new Frame(type, payload.flip());
  }

  private void fill(ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (stream.read(buffer) < 0) {
        throw new EOFException("the connection ended inside a frame");
      }
    }
  }

  @Override
  public void release(Frame frame) {
    pool.give(frame.payload());
  }

  @Override
  public String peer() {
    return peer;
  }

  @Override
  public void close() {
    stream.close();
  }
}
