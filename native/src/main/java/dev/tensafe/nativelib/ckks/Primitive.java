package dev.tensafe.nativelib.ckks;

/** What can be timed by itself, in the order of {@code Primitive} in primitives.hpp. */
public enum Primitive {
  /** Seconds per polynomial of one limb. */
  FORWARD_TRANSFORM(0),
  /** Seconds per polynomial of one limb. */
  INVERSE_TRANSFORM(1),
  /** Seconds per polynomial of one limb. */
  POINTWISE_MULTIPLY(2),
  /** Seconds per polynomial of uniform residues from AES-256-CTR. */
  UNIFORM(3),
  /** Seconds per polynomial of errors. */
  GAUSSIAN(4),
  /** Seconds per ciphertext, packed message included. */
  ENCRYPT(5),
  /** Seconds per ciphertext: unpack, expand the mask, lay out. */
  RECEIVE(6),
  /** Seconds per multiply-accumulate of residues with weights that tokens share (T ≥ 8). */
  ACCUMULATE_SHARED(7),
  /** Seconds per multiply-accumulate of residues with one weight per value (T = 1). */
  ACCUMULATE_DISTINCT(8),
  /** Seconds per encryption of zero, the refill of the pool. */
  ZERO_ENCRYPTION(9),
  /** Seconds per answer from the pool with one wanted coefficient. */
  ANSWER(10),
  /** Seconds per decrypted answer with one wanted coefficient. */
  DECRYPT(11);

  private final int id;

  Primitive(int id) {
    this.id = id;
  }

  /** The native side's number for it. */
  int id() {
    return id;
  }
}
