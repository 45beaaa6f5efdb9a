package dev.tensafe.tssp.crypto;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The random 256-bit key of one part of one package. It leaves the process only wrapped:
 * AES-256-GCM with a zero nonce under a key that HKDF derives from a KEM's shared secret and that
 * is used once. Wiped when closed.
 */
public final class DataKey implements AutoCloseable {
  public static final int WRAPPED_BYTES = 48;

  private static final int BYTES = 32;
  private static final String WRAP_LABEL = "tensafe/tssp/v2/wrap";
  private static final String STREAM_LABEL = "tensafe/tssp/v2/stream";

  private final byte[] key;

  private DataKey(byte[] key) {
    this.key = key;
  }

  public static DataKey generate(SecureRandom random) {
    byte[] key = new byte[BYTES];
    random.nextBytes(key);
    return new DataKey(key);
  }

  /**
   * Wraps for one recipient.
   *
   * @param sharedSecret of a fresh encapsulation
   * @param packageId 16 bytes
   * @param recipient 32 bytes, the recipient's key id
   * @return {@value #WRAPPED_BYTES} bytes
   */
  public byte[] wrap(byte[] sharedSecret, byte[] packageId, byte[] recipient, String part) {
    try {
      return wrapping(Cipher.ENCRYPT_MODE, sharedSecret, packageId, recipient, part).doFinal(key);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM failed to encrypt", e);
    }
  }

  /**
   * The key that {@link #wrap} wrapped; empty when the secret, or anything that it is bound to,
   * differs.
   */
  public static Optional<DataKey> unwrap(
      byte[] wrapped, byte[] sharedSecret, byte[] packageId, byte[] recipient, String part) {
    try {
      return Optional.of(
          new DataKey(
              wrapping(Cipher.DECRYPT_MODE, sharedSecret, packageId, recipient, part)
                  .doFinal(wrapped)));
    } catch (AEADBadTagException e) {
      return Optional.empty();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM failed to decrypt", e);
    }
  }

  private static Cipher wrapping(
      int mode, byte[] sharedSecret, byte[] packageId, byte[] recipient, String part)
      throws GeneralSecurityException {
    byte[] info = Derivation.info(WRAP_LABEL, packageId, recipient, part);
    byte[] wrappingKey = Derivation.hkdf(sharedSecret, info);
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(
        mode, new SecretKeySpec(wrappingKey, "AES"), new GCMParameterSpec(128, new byte[12]));
    cipher.updateAAD(info);
    Arrays.fill(wrappingKey, (byte) 0);
    return cipher;
  }

  /** The key of the part's segments. */
  SegmentCipher segments(byte[] packageId, String part, byte[] prefix) {
    byte[] streamKey =
        Derivation.hkdf(key, Derivation.info(STREAM_LABEL, packageId, new byte[0], part));
    try {
      return new SegmentCipher(streamKey, prefix);
    } finally {
      Arrays.fill(streamKey, (byte) 0);
    }
  }

  @Override
  public void close() {
    Arrays.fill(key, (byte) 0);
  }
}
