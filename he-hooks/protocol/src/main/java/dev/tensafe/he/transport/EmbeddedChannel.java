package dev.tensafe.he.transport;

import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** One end of a connection within this process: the same frames, handed over in memory. */
public final class EmbeddedChannel implements FrameChannel {
  /** Shorter than any frame. */
  private static final ByteBuffer END = ByteBuffer.allocate(0);

  private final LinkedBlockingQueue<ByteBuffer> in;
  private final LinkedBlockingQueue<ByteBuffer> out;
  private final BufferPool pool;
  private volatile boolean closed;

  private EmbeddedChannel(
      LinkedBlockingQueue<ByteBuffer> in, LinkedBlockingQueue<ByteBuffer> out, BufferPool pool) {
    this.in = in;
    this.out = out;
    this.pool = pool;
  }

  /** Both ends. */
  public record Pair(EmbeddedChannel client, EmbeddedChannel host) {}

  public static Pair pair() {
    LinkedBlockingQueue<ByteBuffer> up = new LinkedBlockingQueue<>();
    LinkedBlockingQueue<ByteBuffer> down = new LinkedBlockingQueue<>();
    BufferPool pool = new BufferPool();
    return new Pair(new EmbeddedChannel(down, up, pool), new EmbeddedChannel(up, down, pool));
  }

  @Override
  public void send(ByteBuffer frame) throws IOException {
    if (closed) {
      throw new EOFException("the connection is closed");
    }
    out.add(pool.take(frame.remaining()).put(frame).flip());
  }

  @Override
  public @Nullable Frame receive(int maxPayload) throws IOException {
    ByteBuffer frame;
    try {
      frame = in.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
    if (closed || frame.capacity() == 0) {
      in.add(END);
      return null;
    }
    FrameType type = Frame.type(frame);
    int length = Frame.length(frame, maxPayload);
    frame.position(Frame.HEAD_BYTES);
    if (length != frame.remaining()) {
      throw new EOFException("a frame of another length than it says");
    }
    return new Frame(type, frame);
  }

  @Override
  public void release(Frame frame) {
    pool.give(frame.payload());
  }

  @Override
  public String peer() {
    return "embedded";
  }

  @Override
  public void close() {
    closed = true;
    in.add(END);
    out.add(END);
  }
}
