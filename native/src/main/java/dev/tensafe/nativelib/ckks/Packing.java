package dev.tensafe.nativelib.ckks;

/**
 * Stride packing: a ciphertext carries T tokens of N/(T·S) input dimensions each and answers S
 * outputs. Both are powers of two with T·S ≤ N. docs/CKKS.md, "Packing".
 */
public record Packing(int tokens, int outputs) {
  public Packing {
    if (Integer.bitCount(tokens) != 1
        || Integer.bitCount(outputs) != 1
        || tokens < 0
        || outputs < 0) {
      throw new CkksException(
          CkksException.Reason.INVALID_PARAMETERS,
          "packing: " + tokens + " tokens and " + outputs + " outputs are not both powers of two");
    }
  }

  /** Input dimensions per token of a ciphertext, c = N/(T·S). */
  public int columns(int degree) {
    return (int) (degree / ((long) tokens * outputs));
  }
}
