package dev.tensafe.he.client;

import dev.tensafe.nativelib.ckks.CkksParameters;
import dev.tensafe.nativelib.ckks.FixedPoint;
import dev.tensafe.nativelib.ckks.NoiseModel;

/**
 * Bounds of an honest answer: its distance from the exact one, and its size. The unit is an
 * answer's integers; multiplied by the token's scale, it is that of inner products with the integer
 * weights.
 *
 * @param noise deviation of an answer's noise
 * @param rounding largest effect of rounding the inputs to integers
 */
record Bounds(double noise, double rounding) {
  /** Deviations that honest noise stays within, but for 1 answer in 10^15. */
  private static final double DEVIATIONS = 8;

  /** Root mean square of a row of integer weights, as packages have it. */
  private static final double WEIGHT_RMS = 8192;

  /**
   * @param outputs S of the packing
   */
  static Bounds of(CkksParameters parameters, PublicGroup group, int outputs) {
    // rounding to integers moves the mean square by 1/12 at most
    double rowSquares = group.columns() * (WEIGHT_RMS * WEIGHT_RMS + 1);
    FixedPoint fixed = group.fixedPoint(parameters);
    double variance =
        new NoiseModel(parameters).answer(rowSquares, Math.min(outputs, group.rows()) * rowSquares);
    return new Bounds(Math.sqrt(variance), 0.5 * group.largestRowSum() / fixed.divisor() + 0.5);
  }

  /** Largest honest difference from the exact answer. */
  double error() {
    return DEVIATIONS * noise + rounding;
  }

  /** The power of two below the noise: digits beyond it say nothing. */
  static double step(double noise) {
    return noise > 0 ? Math.scalb(1.0, Math.getExponent(noise)) : 0;
  }
}
