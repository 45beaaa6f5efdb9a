package dev.tensafe.nativelib.ckks;

/**
 * A power of two for every input dimension that both parties know: inputs are divided by it,
 * weights are multiplied by it. It moves dimensions with large activations and small weights into
 * the range of the others, so that neither side loses precision to them. Derived from the base
 * model alone.
 */
public final class ColumnScales {
  private static final int LIMIT = 60;

  private final byte[] exponents;

  private ColumnScales(byte[] exponents) {
    this.exponents = exponents;
  }

  /**
   * Scales that bring typical magnitudes to within a factor of √2 of their median.
   *
   * @param magnitudes [d], positive and finite; 0 stands for a dimension that is never used
   */
  public static ColumnScales ofMagnitudes(double[] magnitudes) {
    double[] used = java.util.Arrays.stream(magnitudes).filter(m -> m > 0).sorted().toArray();
    double median = used.length == 0 ? 1 : used[used.length / 2];
    byte[] exponents = new byte[magnitudes.length];
    for (int j = 0; j < exponents.length; j++) {
      double m = magnitudes[j];
      if (!(m >= 0) || Double.isInfinite(m)) {
        throw new CkksException(
            CkksException.Reason.NOT_FINITE, "column " + j + ": magnitude is not a finite number");
      }
      long exponent = m == 0 ? 0 : Math.round(Math.log(m / median) / Math.log(2));
      exponents[j] = (byte) Math.max(-LIMIT, Math.min(LIMIT, exponent));
    }
    return new ColumnScales(exponents);
  }

  /**
   * Scales by their exponents, as an adapter's package states them.
   *
   * @param exponents [d], each within ±{@value #LIMIT}; copied
   */
  public static ColumnScales ofExponents(byte[] exponents) {
    for (byte exponent : exponents) {
      if (Math.abs(exponent) > LIMIT) {
        throw new CkksException(
            CkksException.Reason.INVALID_ARGUMENT,
            "columns: an exponent of " + exponent + " is not within ±" + LIMIT);
      }
    }
    return new ColumnScales(exponents.clone());
  }

  public int columns() {
    return exponents.length;
  }

  /** What weights of a column are multiplied by, and inputs divided by. */
  public double scale(int column) {
    return Math.scalb(1.0, exponents[column]);
  }

  /** [d], for native code; not to be written to. */
  byte[] exponents() {
    return exponents;
  }
}
