package dev.tensafe.tssp.crypto;

import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * Encrypts what is written to it and passes the stream on, in constant memory, counting and hashing
 * both sides. {@link #finish} ends the stream; the stream below stays open. Not thread-safe.
 */
public final class SealingStream extends OutputStream {
  private final OutputStream out;
  private final SegmentCipher cipher;
  private final MessageDigest plaintextDigest = Digests.sha256();
  private final MessageDigest streamDigest = Digests.sha256();
  private final byte[] segment = new byte[SegmentCipher.SEGMENT_BYTES];
  private final byte[] sealed = new byte[SegmentCipher.SEGMENT_BYTES + SegmentCipher.TAG_BYTES];
  private int filled;
  private long index;
  private long plaintext;

  /** Length and SHA-256 of a plaintext and of the stream it became. */
  public record Result(
      long plaintextLength, byte[] plaintextSha256, long streamLength, byte[] streamSha256) {}

  public SealingStream(
      OutputStream out, DataKey key, byte[] packageId, String part, SecureRandom random)
      throws IOException {
    this.out = out;
    byte[] prefix = new byte[SegmentCipher.PREFIX_BYTES];
    random.nextBytes(prefix);
    cipher = key.segments(packageId, part, prefix);
    pass(prefix, prefix.length);
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int at = offset;
    int end = offset + length;
    while (at < end) {
      if (filled == segment.length) {
        seal(false);
      }
      int count = Math.min(end - at, segment.length - filled);
      System.arraycopy(bytes, at, segment, filled, count);
      filled += count;
      at += count;
    }
  }

  /** Writes the last segment and wipes the buffer. */
  public Result finish() throws IOException {
    seal(true);
    Arrays.fill(segment, (byte) 0);
    return new Result(
        plaintext,
        plaintextDigest.digest(),
        SegmentCipher.streamLength(plaintext),
        streamDigest.digest());
  }

  private void seal(boolean last) throws IOException {
    if (index >= 1L << 32) {
      throw new IOException("a part has more than 2^32 segments");
    }
    plaintextDigest.update(segment, 0, filled);
    plaintext += filled;
    pass(sealed, cipher.seal(index++, last, segment, filled, sealed));
    filled = 0;
  }

  private void pass(byte[] bytes, int length) throws IOException {
    streamDigest.update(bytes, 0, length);
    out.write(bytes, 0, length);
  }
}
