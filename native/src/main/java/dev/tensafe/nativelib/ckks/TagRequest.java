package dev.tensafe.nativelib.ckks;

import java.nio.ByteBuffer;

/** A place for the primitive, so that what uses it compiles. */
public final class TagRequest implements AutoCloseable {
  private TagRequest() {}

  /** Stub. */
  public static TagRequest begin(CkksContext ring, byte[] publicSeed, int rows, int scaleBits) {
    return new TagRequest();
  }

  /** Stub. */
  public ByteBuffer message() {
    return ByteBuffer.allocate(0);
  }

  /** Stub. */
  public long[] constants() {
    return new long[0];
  }

  /** Stub. */
  public long[] read(ByteBuffer chunks, int columns) {
    return new long[columns];
  }

  @Override
  public void close() {}
}
