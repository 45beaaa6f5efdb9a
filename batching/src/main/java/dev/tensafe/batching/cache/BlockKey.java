package dev.tensafe.batching.cache;

import java.nio.ByteBuffer;

/**
 * The address of a block's content: a SHA-256 over a root and all tokens from the first to the
 * block's last. Equal keys mean equal content, computed for equal scopes. It tells nothing of the
 * tokens to who does not know them, but a guess can be checked against it, so it is in no log.
 */
public record BlockKey(long first, long second, long third, long fourth) {
  /** Bytes of a key. */
  static final int BYTES = 32;

  static BlockKey of(byte[] digest) {
    ByteBuffer in = ByteBuffer.wrap(digest);
    return new BlockKey(in.getLong(), in.getLong(), in.getLong(), in.getLong());
  }

  void put(ByteBuffer out) {
    out.putLong(first).putLong(second).putLong(third).putLong(fourth);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(first);
  }

  @Override
  public String toString() {
    return "BlockKey";
  }
}
