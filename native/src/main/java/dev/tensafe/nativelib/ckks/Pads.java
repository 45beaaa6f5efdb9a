package dev.tensafe.nativelib.ckks;

/**
 * Everything of an encrypted inner product that does not depend on the input, made ahead in blocks.
 * docs/CKKS.md, "Pads". For profiles with one limb.
 */
public final class Pads {
  /** Tokens of each of a block's groups: T of the packing (T, 1). */
  public static final int TOKENS = 128;

  /** Positions of a block; each carries one token, once. */
  public static final int POSITIONS = 2 * TOKENS;

  /** The packing that weights have for making blocks. */
  public static final Packing PACKING = new Packing(TOKENS, 1);

  /** Largest 1-norm of a row of weights that inner products are exact for, exclusive. */
  public static final long MAX_ROW_SUM = 1L << 27;

  private Pads() {}

  /** Whether a profile has them. */
  public static boolean supports(CkksParameters parameters) {
    return parameters.limbs() == 1;
  }

  /** Bytes that make a block ready, from the evaluating side. */
  public static long messageBytes(CkksContext context, int rows) {
    try (var c = context.use()) {
      return CkksNative.padMessageBytes(c.address(), rows);
    }
  }

  /** Bytes of tokens of {@code width} residues each. */
  public static long tokenBytes(CkksContext context, int count, int width) {
    try (var c = context.use()) {
      return CkksNative.padTokenBytes(c.address(), count, width);
    }
  }
}
