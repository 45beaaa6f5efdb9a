package dev.tensafe.tssp.keys;

import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPrivateKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.MLDSASigner;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * Makes hybrid signatures. Kept as the two seeds, 32 bytes each, which are wiped when it is closed;
 * copies inside the library live until they are collected. Thread-safe until closed.
 */
public final class SigningKey implements AutoCloseable {
  /** Ed25519 seed (RFC 8032 section 5.1.5) ‖ ML-DSA seed ξ (FIPS 204 algorithm 1). */
  public static final int SEED_BYTES = 64;

  private final byte[] ed25519Seed;
  private final byte[] mlDsaSeed;
  private final SigningPublicKey publicKey;

  private SigningKey(byte[] seed) {
    ed25519Seed = Arrays.copyOf(seed, 32);
    mlDsaSeed = Arrays.copyOfRange(seed, 32, SEED_BYTES);
    byte[] ed25519 = new byte[SigningPublicKey.ED25519_BYTES];
    Ed25519.generatePublicKey(ed25519Seed, 0, ed25519, 0);
    MLDSAPrivateKeyParameters mlDsa = mlDsa();
    publicKey = new SigningPublicKey(ed25519, mlDsa.getPublicKeyParameters().getEncoded());
    mlDsa.destroy();
  }

  public static SigningKey generate(SecureRandom random) {
    byte[] seed = new byte[SEED_BYTES];
    random.nextBytes(seed);
    try {
      return new SigningKey(seed);
    } finally {
      Arrays.fill(seed, (byte) 0);
    }
  }

  /**
   * @param seed {@value #SEED_BYTES} bytes, copied
   */
  public static SigningKey ofSeed(byte[] seed) {
    if (seed.length != SEED_BYTES) {
      throw new IllegalArgumentException("a signing key has a seed of " + SEED_BYTES + " bytes");
    }
    return new SigningKey(seed);
  }

  public SigningPublicKey publicKey() {
    return publicKey;
  }

  byte[] seed() {
    byte[] seed = Arrays.copyOf(ed25519Seed, SEED_BYTES);
    System.arraycopy(mlDsaSeed, 0, seed, 32, 32);
    return seed;
  }

  /** Signs; ML-DSA is hedged with {@code random} (FIPS 204 algorithm 2). */
  public Signature sign(byte[] message, SecureRandom random) {
    byte[] ed25519 = new byte[Signature.ED25519_BYTES];
    Ed25519.sign(ed25519Seed, 0, publicKey.ed25519(), 0, message, 0, message.length, ed25519, 0);
    MLDSAPrivateKeyParameters mlDsa = mlDsa();
    MLDSASigner signer = new MLDSASigner();
    signer.init(true, new ParametersWithRandom(mlDsa, random));
    signer.update(message, 0, message.length);
    try {
      return new Signature(publicKey.id(), ed25519, signer.generateSignature());
    } catch (CryptoException e) {
      throw new IllegalStateException("ML-DSA failed to sign", e);
    } finally {
      mlDsa.destroy();
    }
  }

  private MLDSAPrivateKeyParameters mlDsa() {
    // A copy: destroying the parameters wipes the seed they were given.
    return new MLDSAPrivateKeyParameters(MLDSAParameters.ml_dsa_65, mlDsaSeed.clone());
  }

  @Override
  public void close() {
    Arrays.fill(ed25519Seed, (byte) 0);
    Arrays.fill(mlDsaSeed, (byte) 0);
  }

  @Override
  public String toString() {
    return "SigningKey[" + publicKey.id() + "]";
  }
}
