package dev.tensafe.privacy;

import java.util.Arrays;

/**
 * Poisson sampling: each example takes part with the same probability, independently of all others.
 * The number of those who do is random as well, and may be 0; a sum over none still gets its noise,
 * and a mean divides by the expected number, not by this one. Not thread-safe.
 */
public final class PoissonSampling {
  private final CipherStream bits;

  PoissonSampling(CipherStream bits) {
    this.bits = bits;
  }

  /**
   * Draws who takes part.
   *
   * @param examples how many there are, from 1
   * @param rate more than 0, at most 1; what is drawn with is at most this, by 2^-63 less
   * @return their numbers from 0, ascending
   * @throws PrivacyException {@code privacy.invalid}
   */
  public int[] draw(int examples, double rate) {
    if (examples < 1) {
      throw PrivacyException.invalid(examples + " examples: there is at least one");
    }
    if (!(rate >= SampledGaussian.LEAST_RATE && rate <= 1)) {
      throw PrivacyException.invalid(
          "a sampling rate of " + rate + ": it is from " + SampledGaussian.LEAST_RATE + " to 1");
    }
    boolean all = rate == 1;
    long threshold = (long) (rate * 0x1p63);
    int[] drawn = new int[(int) Math.min(examples, 64 + (long) (1.2 * rate * examples))];
    int count = 0;
    for (int i = 0; i < examples; i++) {
      if (all || bits.next() >>> 1 < threshold) {
        if (count == drawn.length) {
          drawn = Arrays.copyOf(drawn, (int) Math.min(examples, 2L * count));
        }
        drawn[count++] = i;
      }
    }
    return Arrays.copyOf(drawn, count);
  }
}
