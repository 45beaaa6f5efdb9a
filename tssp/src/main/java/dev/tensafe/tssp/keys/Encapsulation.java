package dev.tensafe.tssp.keys;

/**
 * A fresh shared secret and the ciphertext from which the recipient gets it.
 *
 * @param ciphertext 1120 bytes
 * @param sharedSecret 32 bytes, secret
 */
public record Encapsulation(byte[] ciphertext, byte[] sharedSecret) {
  public static final int CIPHERTEXT_BYTES = 1120;

  @Override
  public String toString() {
    return "Encapsulation";
  }
}
