package dev.tensafe.he.transport;

import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** One end of a connection within this process: the same frames, handed over in memory. */
public final class EmbeddedChannel extends TimedChannel {
  private final Pipe in;
  private final Pipe out;
  private final BufferPool pool;
  private boolean ended;

  /** Frames on their way in one direction. */
  private static final class Pipe {
    private final Queue<ByteBuffer> frames = new ConcurrentLinkedQueue<>();
    private volatile boolean closed;
    private volatile boolean woken;
    private volatile @Nullable Thread sleeping;

    void add(ByteBuffer frame) {
      frames.add(frame);
      LockSupport.unpark(sleeping);
    }

    void close() {
      closed = true;
      LockSupport.unpark(sleeping);
    }

    void wake() {
      woken = true;
      LockSupport.unpark(sleeping);
    }

    void sleep(long nanos) {
      sleeping = Thread.currentThread();
      if (frames.isEmpty() && !closed && !woken) {
        LockSupport.parkNanos(this, nanos);
      }
      sleeping = null;
      woken = false;
    }
  }

  private EmbeddedChannel(Pipe in, Pipe out, BufferPool pool, long spinNanos) {
    super(spinNanos);
    this.in = in;
    this.out = out;
    this.pool = pool;
  }

  /** Both ends. */
  public record Pair(EmbeddedChannel client, EmbeddedChannel host) {}

  public static Pair pair() {
    Pipe up = new Pipe();
    Pipe down = new Pipe();
    BufferPool pool = new BufferPool();
    return new Pair(
        new EmbeddedChannel(down, up, pool, Sockets.spinNanos()),
        new EmbeddedChannel(up, down, pool, 0));
  }

  @Override
  public void send(ByteBuffer frame) throws IOException {
    if (out.closed) {
      throw new EOFException("the connection is closed");
    }
    out.add(pool.take(frame.remaining()).put(frame).flip());
  }

  @Override
  @Nullable Frame next(int maxPayload) throws IOException {
    boolean last = in.closed;
    ByteBuffer frame = in.frames.poll();
    if (frame == null) {
      ended = last;
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
  boolean isEnded() {
    return ended;
  }

  @Override
  void sleep(long nanos) {
    in.sleep(nanos);
  }

  @Override
  void wake() {
    in.wake();
  }

  @Override
  public void release(Frame frame) {
    pool.give(frame.payload());
  }

  @Override
  public PeerIdentity peer() {
    return new PeerIdentity.Embedded();
  }

  @Override
  public void close() {
    in.frames.clear();
    in.close();
    out.close();
  }
}
