package dev.tensafe.nativelib.ckks;

/**
 * Everything of an encrypted inner product that does not depend on the input, made ahead in blocks
 * of T positions. docs/CKKS.md, "Pads". For profiles with one limb.
 */
public final class Pads {
  /** T of blocks for tokens that come one by one. */
  public static final int SHORT = 32;

  /** T of blocks for long prompts. */
  public static final int LONG = 128;

  /** Positions of all lanes that one block serves; then it is retired. */
  public static final int POSITIONS_PER_BLOCK = 32_768;

  /** Largest 1-norm of a row of weights that inner products are exact for, exclusive. */
  public static final long MAX_ROW_SUM = 1L << 27;

  private Pads() {}

  /** The packing that weights have for making blocks of {@code tokens} positions. */
  public static Packing packing(int tokens) {
    return new Packing(tokens, 1);
  }

  /** Lanes that a block of {@code tokens} positions serves. */
  public static int lanes(int tokens) {
    return POSITIONS_PER_BLOCK / tokens;
  }

  /** Whether a profile has them. */
  public static boolean supports(CkksParameters parameters) {
    return parameters.limbs() == 1;
  }

  /** Bytes of the adapter host's message for one group of a block. */
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
