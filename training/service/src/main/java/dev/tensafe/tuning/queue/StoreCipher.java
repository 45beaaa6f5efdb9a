package dev.tensafe.tuning.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tensafe.formats.file.AtomicFile;
import dev.tensafe.tssp.keys.Encapsulation;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.TuningException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts what the service keeps on disk, AES-256-GCM with random nonces. The key is derived from
 * an encapsulation to the service's recipient key (X-Wing), which lies beside the data: without
 * that key the data is noise. Bound to a name each, so that values cannot be exchanged.
 * Thread-safe.
 */
public final class StoreCipher {
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final byte[] PURPOSE = "tensafe training store v1".getBytes(UTF_8);

  private final SecretKeySpec key;
  private final SecureRandom random;

  private StoreCipher(SecretKeySpec key, SecureRandom random) {
    this.key = key;
    this.random = random;
  }

  /**
   * Opens the key of a store, or makes one.
   *
   * @param file holds the encapsulation
   * @throws TuningException {@code tuning.store} when the file cannot be read or written
   */
  public static StoreCipher open(Path file, RecipientKey recipient, SecureRandom random) {
    byte[] secret;
    try {
      if (Files.exists(file)) {
        byte[] ciphertext = Files.readAllBytes(file);
        if (ciphertext.length != Encapsulation.CIPHERTEXT_BYTES) {
          throw new TuningException(Kind.FAILED, "tuning.store", file + " is damaged");
        }
        secret = recipient.decapsulate(ciphertext);
      } else {
        Encapsulation made = recipient.publicKey().encapsulate(random);
        AtomicFile.write(file, made.ciphertext());
        secret = made.sharedSecret();
      }
    } catch (IOException e) {
      throw new TuningException(Kind.FAILED, "tuning.store", "cannot use " + file, e);
    }
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      return new StoreCipher(new SecretKeySpec(mac.doFinal(PURPOSE), "AES"), random);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HMAC-SHA-256", e);
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
  }

  /** Encrypts a value for a name. */
  public byte[] seal(String name, byte[] plaintext) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    try {
      byte[] sealed = cipher(Cipher.ENCRYPT_MODE, nonce, name).doFinal(plaintext);
      return ByteBuffer.allocate(NONCE_BYTES + sealed.length).put(nonce).put(sealed).array();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES-GCM", e);
    }
  }

  /**
   * Decrypts the value of a name.
   *
   * @throws TuningException {@code tuning.store} when it was altered or made with another key
   */
  public byte[] open(String name, byte[] sealed) {
    try {
      if (sealed.length < NONCE_BYTES) {
        throw new GeneralSecurityException("short");
      }
      byte[] nonce = Arrays.copyOf(sealed, NONCE_BYTES);
      return cipher(Cipher.DECRYPT_MODE, nonce, name)
          .doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
    } catch (GeneralSecurityException e) {
      throw new TuningException(
          Kind.FAILED,
          "tuning.store",
          "a stored value was altered, or was made with another recipient key");
    }
  }

  private Cipher cipher(int mode, byte[] nonce, String name) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(name.getBytes(UTF_8));
    return cipher;
  }
}
