package dev.tensafe.privacy;

/**
 * Steps of one kind: each takes every example with probability {@code rate}, independently of all
 * others (Poisson sampling), and adds Gaussian noise of standard deviation {@code noiseMultiplier}
 * times the most that one example can change the sum (in L2).
 *
 * @param rate from {@value #LEAST_RATE} to 1; 1 where the batches are not drawn so
 * @param noiseMultiplier from {@value #LEAST_NOISE} to {@value #MOST_NOISE}
 * @param steps from 1 to {@value #MOST_STEPS}
 */
public record SampledGaussian(double rate, double noiseMultiplier, long steps) {
  static final double LEAST_RATE = 1e-9;
  static final double LEAST_NOISE = 0.01;
  static final double MOST_NOISE = 1e6;
  static final long MOST_STEPS = 1_000_000_000_000L;

  /**
   * Checks the numbers.
   *
   * @throws PrivacyException {@code privacy.invalid} for a number that is out of range
   */
  public SampledGaussian {
    if (!(rate >= LEAST_RATE && rate <= 1)) {
      throw PrivacyException.invalid(
          "a sampling rate of " + rate + ": it is from " + LEAST_RATE + " to 1");
    }
    if (!(noiseMultiplier >= LEAST_NOISE && noiseMultiplier <= MOST_NOISE)) {
      throw PrivacyException.invalid(
          "a noise multiplier of "
              + noiseMultiplier
              + ": it is from "
              + LEAST_NOISE
              + " to "
              + MOST_NOISE
              + "; without noise nothing is private");
    }
    if (steps < 1 || steps > MOST_STEPS) {
      throw PrivacyException.invalid(steps + " steps: there are from 1 to " + MOST_STEPS);
    }
  }

  /** As many steps of the same kind. */
  public SampledGaussian withSteps(long count) {
    return new SampledGaussian(rate, noiseMultiplier, count);
  }
}
