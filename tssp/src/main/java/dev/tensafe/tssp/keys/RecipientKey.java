package dev.tensafe.tssp.keys;

import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.KeyGenerationParameters;
import org.bouncycastle.pqc.crypto.xwing.XWingKEMExtractor;
import org.bouncycastle.pqc.crypto.xwing.XWingKeyPairGenerator;
import org.bouncycastle.pqc.crypto.xwing.XWingPrivateKeyParameters;
import org.bouncycastle.pqc.crypto.xwing.XWingPublicKeyParameters;

/**
 * Opens what was encapsulated to it. Kept as X-Wing's 32-byte seed, which is wiped when it is
 * closed; copies inside the library live until they are collected. Thread-safe until closed.
 */
public final class RecipientKey implements AutoCloseable {
  public static final int SEED_BYTES = 32;

  private final byte[] seed;
  private final RecipientPublicKey publicKey;

  private RecipientKey(byte[] seed) {
    this.seed = seed.clone();
    XWingKeyPairGenerator generator = new XWingKeyPairGenerator();
    generator.init(new KeyGenerationParameters(new FixedSeed(seed), 128));
    AsymmetricCipherKeyPair pair = generator.generateKeyPair();
    publicKey = new RecipientPublicKey(((XWingPublicKeyParameters) pair.getPublic()).getEncoded());
  }

  public static RecipientKey generate(SecureRandom random) {
    byte[] seed = new byte[SEED_BYTES];
    random.nextBytes(seed);
    try {
      return new RecipientKey(seed);
    } finally {
      Arrays.fill(seed, (byte) 0);
    }
  }

  /**
   * @param seed {@value #SEED_BYTES} bytes, copied
   */
  public static RecipientKey ofSeed(byte[] seed) {
    if (seed.length != SEED_BYTES) {
      throw new IllegalArgumentException("a recipient key has a seed of " + SEED_BYTES + " bytes");
    }
    return new RecipientKey(seed);
  }

  public RecipientPublicKey publicKey() {
    return publicKey;
  }

  byte[] seed() {
    return seed.clone();
  }

  /**
   * The shared secret. For a ciphertext that was not made for this key it is another, useless one
   * (implicit rejection, FIPS 203 section 6.3): what it unwraps must be authenticated.
   *
   * @param ciphertext {@value Encapsulation#CIPHERTEXT_BYTES} bytes
   */
  public byte[] decapsulate(byte[] ciphertext) {
    if (ciphertext.length != Encapsulation.CIPHERTEXT_BYTES) {
      throw new IllegalArgumentException("an encapsulation has another length");
    }
    return new XWingKEMExtractor(new XWingPrivateKeyParameters(seed)).extractSecret(ciphertext);
  }

  @Override
  public void close() {
    Arrays.fill(seed, (byte) 0);
  }

  @Override
  public String toString() {
    return "RecipientKey[" + publicKey.id() + "]";
  }

  /** Hands out one seed: the generator has no other way to be given one. */
  private static final class FixedSeed extends SecureRandom {
    private static final long serialVersionUID = 1L;

    private final transient byte[] seed;

    FixedSeed(byte[] seed) {
      super(null, null);
      this.seed = seed;
    }

    @Override
    public void nextBytes(byte[] bytes) {
      if (bytes.length != seed.length) {
        throw new IllegalStateException("another number of bytes is asked for than a seed has");
      }
      System.arraycopy(seed, 0, bytes, 0, seed.length);
    }
  }
}
