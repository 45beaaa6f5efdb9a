package dev.tensafe.tssp.crypto;

import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * Decrypts a stream of {@link SealingStream}, in constant memory. Every byte it returns is
 * authentic; that nothing is missing is known only when {@link #finish} has returned. Not
 * thread-safe; wipes its buffer when finished or closed.
 */
public final class OpeningStream extends InputStream {
  private final InputStream in;
  private final String part;
  private final SegmentCipher cipher;
  private final MessageDigest plaintextDigest = Digests.sha256();
  private final byte[] sealed = new byte[SegmentCipher.SEGMENT_BYTES + SegmentCipher.TAG_BYTES];
  private final byte[] segment = new byte[SegmentCipher.SEGMENT_BYTES];
  private final long segments;
  private long unread;
  private int at;
  private int filled;
  private long index;

  /**
   * @param in the stream, of exactly {@link SegmentCipher#streamLength} of the plaintext's length
   * @throws TsspException {@code tssp.decryption_failed} when it is shorter
   */
  public OpeningStream(
      InputStream in, DataKey key, byte[] packageId, String part, long plaintextLength)
      throws IOException {
    this.in = in;
    this.part = part;
    this.unread = plaintextLength;
    this.segments = SegmentCipher.segments(plaintextLength);
    byte[] prefix = new byte[SegmentCipher.PREFIX_BYTES];
    readFully(prefix, prefix.length);
    cipher = key.segments(packageId, part, prefix);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  /**
   * @throws TsspException {@code tssp.decryption_failed} for a segment that is cut, moved or
   *     altered
   */
  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (at == filled) {
      if (index == segments) {
        return -1;
      }
      nextSegment();
    }
    int count = Math.min(length, filled - at);
    System.arraycopy(segment, at, bytes, offset, count);
    at += count;
    return count;
  }

  /** Reads what is left, if anything, and returns the SHA-256 of the whole plaintext. */
  public byte[] finish() throws IOException {
    while (index < segments) {
      nextSegment();
    }
    close();
    return plaintextDigest.digest();
  }

  private void nextSegment() throws IOException {
    int expected = (int) Math.min(SegmentCipher.SEGMENT_BYTES, unread);
    readFully(sealed, expected + SegmentCipher.TAG_BYTES);
    boolean last = index == segments - 1;
    int opened = cipher.open(index, last, sealed, expected + SegmentCipher.TAG_BYTES, segment);
    if (opened != expected) {
      throw failed("segment " + index + " is not authentic");
    }
    plaintextDigest.update(segment, 0, opened);
    unread -= opened;
    index++;
    at = 0;
    filled = opened;
  }

  private void readFully(byte[] bytes, int count) throws IOException {
    if (in.readNBytes(bytes, 0, count) != count) {
      throw failed("the stream ends early");
    }
  }

  private TsspException failed(String problem) {
    return new TsspException(Reason.DECRYPTION_FAILED, "part '" + part + "': " + problem);
  }

  @Override
  public void close() {
    Arrays.fill(segment, (byte) 0);
    at = 0;
    filled = 0;
  }
}
