package dev.tensafe.tssp.crypto;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256 (FIPS 180-4) of the platform. */
public final class Digests {
  private Digests() {}

  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  public static byte[] sha256(byte[]... pieces) {
    MessageDigest digest = sha256();
    for (byte[] piece : pieces) {
      digest.update(piece);
    }
    return digest.digest();
  }
}
