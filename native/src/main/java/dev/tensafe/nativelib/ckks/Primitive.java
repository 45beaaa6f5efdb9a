package dev.tensafe.nativelib.ckks;

/** What can be timed by itself, in the order of {@code Primitive} in primitives.hpp. */
public enum Primitive {
  /** Seconds per polynomial of one limb. */
  FORWARD_TRANSFORM,
  /** Seconds per polynomial of one limb. */
  INVERSE_TRANSFORM,
  /** Seconds per polynomial of one limb. */
  POINTWISE_MULTIPLY,
  /** Seconds per polynomial of uniform residues from AES-256-CTR. */
  UNIFORM,
  /** Seconds per polynomial of errors. */
  GAUSSIAN,
  /** Seconds per ciphertext, packed message included. */
  ENCRYPT,
  /** Seconds per ciphertext: unpack, expand the mask, lay out. */
  RECEIVE,
  /** Seconds per multiply-accumulate of residues with weights that tokens share (T ≥ 8). */
  ACCUMULATE_SHARED,
  /** Seconds per multiply-accumulate of residues with one weight per value (T = 1). */
  ACCUMULATE_DISTINCT,
  /** Seconds per encryption of zero, the refill of the pool. */
  ZERO_ENCRYPTION,
  /** Seconds per answer from the pool with one wanted coefficient. */
  ANSWER,
  /** Seconds per decrypted answer with one wanted coefficient. */
  DECRYPT
}
