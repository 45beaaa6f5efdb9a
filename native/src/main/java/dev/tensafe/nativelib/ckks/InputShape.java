package dev.tensafe.nativelib.ckks;

/** A batch of {@code tokens} rows of {@code columns} numbers under a packing: [m][d]. */
public record InputShape(int tokens, int columns, Packing packing) {
  /** ⌈m/T⌉·⌈d/c⌉. */
  public long ciphertexts(int degree) {
    return (long) ceilDivide(tokens, packing.tokens())
        * ceilDivide(columns, packing.columns(degree));
  }

  static int ceilDivide(int a, int b) {
    return (a + b - 1) / b;
  }
}
