package dev.tensafe.tssp.keys;

import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.crypto.SecretWithEncapsulation;
import org.bouncycastle.pqc.crypto.xwing.XWingKEMGenerator;
import org.bouncycastle.pqc.crypto.xwing.XWingPublicKeyParameters;

/**
 * Encapsulates secrets by X-Wing: X25519 and ML-KEM-768 with the combiner of
 * draft-connolly-cfrg-xwing-kem. Thread-safe.
 */
public final class RecipientPublicKey {
  /** ML-KEM-768 encapsulation key (1184) ‖ X25519 public key (32). */
  public static final int BYTES = 1216;

  private static final String LABEL = "tensafe/tssp/v2/recipient-key";

  private final byte[] key;
  private final KeyId id;

  /**
   * @throws TsspException {@code key.malformed} for bytes that are no such key
   */
  public RecipientPublicKey(byte[] key) {
    if (key.length != BYTES) {
      throw new TsspException(Reason.KEY_MALFORMED, "a recipient key has " + BYTES + " bytes");
    }
    try {
      XWingPublicKeyParameters unusedChecked = new XWingPublicKeyParameters(key);
    } catch (RuntimeException e) {
      throw new TsspException(Reason.KEY_MALFORMED, "this is no recipient key");
    }
    this.key = key.clone();
    this.id = KeyId.of(LABEL, key);
  }

  public KeyId id() {
    return id;
  }

  public byte[] bytes() {
    return key.clone();
  }

  public Encapsulation encapsulate(SecureRandom random) {
    SecretWithEncapsulation secret =
        new XWingKEMGenerator(random).generateEncapsulated(new XWingPublicKeyParameters(key));
    return new Encapsulation(secret.getEncapsulation(), secret.getSecret());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RecipientPublicKey that && Arrays.equals(key, that.key);
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public String toString() {
    return "RecipientPublicKey[" + id + "]";
  }
}
