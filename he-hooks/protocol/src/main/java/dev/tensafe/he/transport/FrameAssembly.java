package dev.tensafe.he.transport;

import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Puts frames together from a stream of bytes, in whatever pieces they come; small frames take one
 * read. Confined to one thread at a time.
 */
final class FrameAssembly {
  private static final int AHEAD = 1 << 14;

  private final Source source;
  private final BufferPool pool;

  /** Bytes that were read and belong to no frame yet, from position to limit. */
  private final ByteBuffer ahead = ByteBuffer.allocateDirect(AHEAD).limit(0);

  private @Nullable FrameType type;

  /** The payload of the frame that is being read, once its head is there. */
  private @Nullable ByteBuffer payload;

  private boolean ended;

  /** Where bytes come from. */
  interface Source {
    /** Reads some; 0 when none are there now, −1 at the end. */
    int read(ByteBuffer into) throws IOException;
  }

  FrameAssembly(Source source, BufferPool pool) {
    this.source = source;
    this.pool = pool;
  }

  /** Whether the stream has ended, between two frames. */
  boolean isEnded() {
    return ended;
  }

  /**
   * The next frame, or null when the source has no more bytes now, or has ended.
   *
   * @throws EOFException for an end inside a frame
   */
  @Nullable Frame next(int maxPayload) throws IOException {
    while (!ended) {
      Frame frame = take(maxPayload);
      if (frame != null) {
        return frame;
      }
      int count = read();
      if (count == 0) {
        return null;
      }
      if (count < 0) {
        if (payload != null || ahead.hasRemaining()) {
          throw new EOFException("the connection ended inside a frame");
        }
        ended = true;
      }
    }
    return null;
  }

  /** What the bytes that were read make, if it is a frame. */
  private @Nullable Frame take(int maxPayload) {
    ByteBuffer into = payload;
    if (into == null) {
      if (ahead.remaining() < Frame.HEAD_BYTES) {
        return null;
      }
      type = Frame.type(ahead);
      into = pool.take(Frame.length(ahead, maxPayload));
      ahead.position(ahead.position() + Frame.HEAD_BYTES);
      payload = into;
    }
    int count = Math.min(ahead.remaining(), into.remaining());
    into.put(into.position(), ahead, ahead.position(), count);
    into.position(into.position() + count);
    ahead.position(ahead.position() + count);
    FrameType of = type;
    if (into.hasRemaining() || of == null) {
      return null;
    }
    payload = null;
    return new Frame(of, into.flip());
  }

  private int read() throws IOException {
    ByteBuffer into = payload;
    if (into != null && into.remaining() >= AHEAD) {
      return source.read(into); // nothing is left ahead
    }
    ahead.compact();
    try {
      return source.read(ahead);
    } finally {
      ahead.flip();
    }
  }
}
