package dev.tensafe.privacy;

/**
 * Gaussian noise by the polar method (Marsaglia and Bray, 1964) on pairs of 53-bit uniforms.
 *
 * <p>Floating point gives Gaussian noise away in two places (Mironov, CCS 2012). Which doubles a
 * generator can return has holes, and the spacing of the sums depends on their size, so that low
 * bits of a result can show what was added. Therefore results are rounded to one grid, a power of
 * two near 2^-{@value #GRID_BITS} standard deviations, whatever their size: into each cell of it
 * fall some 2^35 pairs' values and more, to six standard deviations, and nothing of their low bits
 * is left. The rounding is done after the sum, in double precision, so it costs no privacy, and
 * adds less than 2^-{@value #GRID_BITS} of a standard deviation of error. What is left is the
 * finite precision of 53 bits: relative errors of cells' probabilities of some 1e-10, which no
 * accountant counts. That drawing takes a time that depends on the noise is not hidden (one pair in
 * five is rejected).
 *
 * <p>Not thread-safe.
 */
public final class GaussianStream {
  static final int GRID_BITS = 16;

  private final CipherStream bits;
  private double spare;
  private boolean hasSpare;

  GaussianStream(CipherStream bits) {
    this.bits = bits;
  }

  /** The next standard normal number, not rounded to a grid. */
  public double next() {
    if (hasSpare) {
      hasSpare = false;
      return spare;
    }
    double x;
    double y;
    double square;
    do {
      x = uniform();
      y = uniform();
      square = x * x + y * y;
    } while (square >= 1 || square == 0);
    double scale = Math.sqrt(-2 * Math.log(square) / square);
    spare = y * scale;
    hasSpare = true;
    return x * scale;
  }

  /** Uniform on the odd multiples of 2^-53 between -1 and 1. */
  private double uniform() {
    return ((bits.next() >> 11) + 0.5) * 0x1p-52;
  }

  /**
   * Adds noise to a sum of clipped gradients, and rounds the result to the grid. What is not finite
   * stays so.
   *
   * @param values changed in place
   * @param standardDeviation more than 0: the noise multiplier times the norm that was clipped to
   * @throws PrivacyException {@code privacy.invalid} for a standard deviation that is 0, negative,
   *     not finite, or so small that floats have no grid for it; nothing is changed then
   */
  public void addTo(float[] values, double standardDeviation) {
    double grid = grid(standardDeviation);
    double cells = 1 / grid;
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (Math.rint((values[i] + standardDeviation * next()) * cells) * grid);
    }
  }

  /** The width of the grid's cells. */
  static double grid(double standardDeviation) {
    if (!(standardDeviation >= 0x1p-100 && standardDeviation <= 0x1p100)) {
      throw PrivacyException.invalid(
          "noise of standard deviation " + standardDeviation + ": it is from 2^-100 to 2^100");
    }
    return Math.scalb(1.0, Math.getExponent(standardDeviation) - GRID_BITS);
  }
}
