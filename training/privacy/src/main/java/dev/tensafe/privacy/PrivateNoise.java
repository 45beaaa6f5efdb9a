package dev.tensafe.privacy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;

/**
 * The randomness of a private run: the noise of its steps, and which examples take part in them,
 * from AES-256-CTR under one key. Every step has streams of its own, by its number, so that a step
 * that a crash broke off can be made again as it was.
 *
 * <p>A step may be made again only if it is the same step: two different sums with the same noise
 * show their difference. A new attempt with other weights or another batch takes a new number and
 * is charged again. The key is as secret as the data: who has it takes the noise off.
 *
 * <p>Immutable and thread-safe; the streams it makes are not.
 */
public final class PrivateNoise {
  private static final int KEY_BYTES = 32;
  private static final int NOISE = 1;
  private static final int SAMPLING = 2;

  private final byte[] key;
  private final boolean seeded;

  private PrivateNoise(byte[] key, boolean seeded) {
    this.key = key;
    this.seeded = seeded;
  }

  /** Noise of a new key, from the platform's generator. */
  public static PrivateNoise fresh() {
    byte[] key = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(key);
    return new PrivateNoise(key, false);
  }

  /**
   * Noise of a key that {@link #key} gave out before.
   *
   * @param key 32 bytes, copied
   * @throws PrivacyException {@code privacy.invalid}
   */
  public static PrivateNoise ofKey(byte[] key) {
    if (key.length != KEY_BYTES) {
      throw PrivacyException.invalid("a key of " + key.length + " bytes: it has " + KEY_BYTES);
    }
    return new PrivateNoise(key.clone(), false);
  }

  /** Noise that anybody can compute: not private. For tests and for runs to be repeated. */
  public static PrivateNoise seeded(long seed) {
    try {
      byte[] text = ("not private: seeded " + seed).getBytes(UTF_8);
      return new PrivateNoise(MessageDigest.getInstance("SHA-256").digest(text), true);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** The key, a copy. A secret, unless it {@link #isSeeded}. */
  public byte[] key() {
    return key.clone();
  }

  /** Whether the noise came from a seed: then nothing is private, and reports say so. */
  public boolean isSeeded() {
    return seeded;
  }

  /**
   * The noise of a step, from its beginning.
   *
   * @param step from 0 to 2^48 - 1
   */
  public GaussianStream gaussians(long step) {
    return new GaussianStream(new CipherStream(key, NOISE, step));
  }

  /**
   * Which examples take part in a step.
   *
   * @param step from 0 to 2^48 - 1
   */
  public PoissonSampling sampling(long step) {
    return new PoissonSampling(new CipherStream(key, SAMPLING, step));
  }

  /** Says nothing of the key. */
  @Override
  public String toString() {
    return seeded ? "noise that is not private: seeded" : "private noise";
  }
}
