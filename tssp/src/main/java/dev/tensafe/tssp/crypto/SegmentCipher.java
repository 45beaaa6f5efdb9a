package dev.tensafe.tssp.crypto;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The STREAM construction over AES-256-GCM: segment i has the nonce prefix (7) ‖ i (4) ‖ last (1).
 * Not thread-safe.
 *
 * <p>Source: Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its
 * Nonce-Reuse Misuse-Resistance" (CRYPTO 2015), section 7.
 */
public final class SegmentCipher {
  /** Plaintext bytes of every segment but the last, which has 1 … this; 0 in an empty stream. */
  public static final int SEGMENT_BYTES = 65_536;

  /** Random bytes that open the stream. */
  public static final int PREFIX_BYTES = 7;

  public static final int TAG_BYTES = 16;

  /** Longest plaintext: the counter has 32 bits. */
  public static final long MAX_PLAINTEXT = (1L << 32) * SEGMENT_BYTES;

  private final SecretKeySpec key;
  private final byte[] prefix;
  private final Cipher cipher;

  SegmentCipher(byte[] key, byte[] prefix) {
    this.key = new SecretKeySpec(key, "AES");
    this.prefix = prefix.clone();
    try {
      cipher = Cipher.getInstance("AES/GCM/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES-GCM", e);
    }
  }

  /** Length of the stream that a plaintext of this length becomes. */
  public static long streamLength(long plaintext) {
    return PREFIX_BYTES + plaintext + TAG_BYTES * segments(plaintext);
  }

  static long segments(long plaintext) {
    return Math.max(1, (plaintext + SEGMENT_BYTES - 1) / SEGMENT_BYTES);
  }

  /** Encrypts; returns the bytes written, {@code length} + {@link #TAG_BYTES}. */
  int seal(long index, boolean last, byte[] in, int length, byte[] out) {
    try {
      init(Cipher.ENCRYPT_MODE, index, last);
      return cipher.doFinal(in, 0, length, out, 0);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM failed to encrypt", e);
    }
  }

  /** Decrypts; returns the plaintext bytes written, or -1 when the segment is not authentic. */
  int open(long index, boolean last, byte[] in, int length, byte[] out) {
    try {
      init(Cipher.DECRYPT_MODE, index, last);
      return cipher.doFinal(in, 0, length, out, 0);
    } catch (AEADBadTagException e) {
      return -1;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM failed to decrypt", e);
    }
  }

  private void init(int mode, long index, boolean last) throws GeneralSecurityException {
    byte[] nonce =
        ByteBuffer.allocate(12).put(prefix).putInt((int) index).put((byte) (last ? 1 : 0)).array();
    cipher.init(mode, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
  }
}
