package dev.tensafe.formats.split;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Bytes drawn from a seed for one named purpose: the key stream of AES-256-CTR with a zero counter
 * block under the key HMAC-SHA-256(seed, purpose). The same seed and purpose give the same bytes
 * everywhere. Not thread-safe.
 */
final class SeedStream {
  private final Cipher cipher;
  private final byte[] zeros = new byte[1024];
  private final byte[] block = new byte[1024];
  private int at = block.length;

  SeedStream(byte[] seed, String purpose) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(seed, "HmacSHA256"));
      byte[] key = mac.doFinal(purpose.getBytes(UTF_8));
      cipher = Cipher.getInstance("AES/CTR/NoPadding");
      cipher.init(
          Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(new byte[16]));
      Arrays.fill(key, (byte) 0);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HMAC-SHA-256 and AES-CTR", e);
    }
  }

  byte nextByte() {
    if (at == block.length) {
      try {
        cipher.update(zeros, 0, zeros.length, block);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("a stream cipher failed", e);
      }
      at = 0;
    }
    return block[at++];
  }

  /** Uniform in (0, 1), 53 bits. */
  private double nextUniform() {
    long bits = 0;
    for (int i = 0; i < 7; i++) {
      bits = (bits << 8) | (nextByte() & 0xff);
    }
    return ((bits >>> 3) + 0.5) * 0x1p-53;
  }

  /** Standard normal, by Box and Muller (1958); the same on every platform. */
  double nextGaussian() {
    double radius = Math.sqrt(-2 * StrictMath.log(nextUniform()));
    return radius * StrictMath.cos(2 * Math.PI * nextUniform());
  }
}
