package dev.tensafe.nativelib.ckks;

import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLong;

/** Keys and ids for tests that do not care which. */
final class TestKeys {
  /** What {@link #encrypt} takes masks from. */
  static final MaskExpander MASKS = MaskExpander.of(seed());

  private static final AtomicLong NEXT_ID = new AtomicLong();

  private TestKeys() {}

  static byte[] seed() {
    byte[] seed = new byte[32];
    new SecureRandom().nextBytes(seed);
    return seed;
  }

  /** A lane's key: uniform unless the modulus is switched. */
  static SecretKey lane(CkksContext context) {
    return SecretKey.derive(context, kind(context.parameters()), seed());
  }

  static SecretKind kind(CkksParameters parameters) {
    return parameters.limbs() == 1 ? SecretKind.UNIFORM : SecretKind.TERNARY;
  }

  static Ciphertext encrypt(SecretKey key, Plaintext plaintext) {
    return Ciphertext.encrypt(key, MASKS, NEXT_ID.getAndIncrement(), plaintext);
  }
}
