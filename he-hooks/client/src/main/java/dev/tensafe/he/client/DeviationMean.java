package dev.tensafe.he.client;

import dev.tensafe.nativelib.ckks.GroupTag;

/**
 * The mean of z² of one adapter at one adapter host, over windows of {@value #TOKENS} tokens. It is
 * 1 for an honest host; one that adds a little to every answer, too little for any single check,
 * raises it. It goes on from session to session. Confined to the engine's thread.
 */
final class DeviationMean {
  private static final int TOKENS = 4_096;
  private static final int WINDOW = TOKENS * GroupTag.CHECKS;

  /**
   * Deviations of the mean that an honest host's keeps within. A token's values count as one: with
   * r' = 1 both checks give the same.
   */
  private static final double LIMIT = 8;

  private double sum;
  private int count;

  /**
   * Takes values of answers that do not share their noise with others.
   *
   * @param z [values]
   * @return whether the mean is still an honest host's
   */
  boolean accept(double[] z, int values) {
    for (int i = 0; i < values; i++) {
      sum += z[i] * z[i];
    }
    count += values;
    if (count < WINDOW) {
      return true;
    }
    double mean = sum / count;
    double most = 1 + LIMIT * Math.sqrt(2.0 * GroupTag.CHECKS / count);
    sum = 0;
    count = 0;
    return mean <= most;
  }
}
