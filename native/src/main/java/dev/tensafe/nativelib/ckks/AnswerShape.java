package dev.tensafe.nativelib.ckks;

/** Answers to {@code tokens} tokens by {@code rows} rows of weights under a packing: [m][r']. */
public record AnswerShape(int tokens, int rows, Packing packing) {
  /** ⌈m/T⌉·⌈r'/S⌉. */
  public long ciphertexts() {
    return (long) InputShape.ceilDivide(tokens, packing.tokens())
        * InputShape.ceilDivide(rows, packing.outputs());
  }
}
