package dev.tensafe.privacy;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Random bits: the key stream of AES-256-CTR. Purpose and number of a step are the upper half of
 * the counter, so that streams of one key do not meet before 2^68 bytes. Not thread-safe.
 */
final class CipherStream {
  private static final int CHUNK = 8192;

  private final Cipher cipher;
  private final byte[] zeros = new byte[CHUNK];
  private final byte[] bytes = new byte[CHUNK];
  private final ByteBuffer buffer = ByteBuffer.wrap(bytes).limit(0);

  CipherStream(byte[] key, int purpose, long step) {
    if (step < 0 || step >= 1L << 48) {
      throw PrivacyException.invalid("step " + step + ": steps are numbered from 0 to 2^48 - 1");
    }
    byte[] counter =
        ByteBuffer.allocate(16).putLong(((long) purpose << 48) | step).putLong(0).array();
    try {
      cipher = Cipher.getInstance("AES/CTR/NoPadding");
      cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(counter));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES-CTR", e);
    }
  }

  /** 64 random bits. */
  long next() {
    if (!buffer.hasRemaining()) {
      try {
        cipher.update(zeros, 0, CHUNK, bytes);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("a stream cipher failed", e);
      }
      buffer.clear();
    }
    return buffer.getLong();
  }
}
