package dev.tensafe.tuning;

import java.util.OptionalDouble;

/**
 * How a model's gradients are made private.
 *
 * @param dataSet whose budget is spent; within the tenant
 * @param noiseMultiplier the noise's standard deviation, in bounds
 * @param maxNorm the bound of an example's gradient over all weights together, in L2
 * @param targetEpsilon beyond which steps are refused; absent for no limit
 * @param targetDelta at which epsilon is told
 * @param expectedBatch what the noisy sum is divided by
 * @param rate with which the service draws examples of a data set that it holds; absent where the
 *     caller chooses the batches, which counts as 1
 */
public record PrivacySettings(
    String dataSet,
    double noiseMultiplier,
    double maxNorm,
    OptionalDouble targetEpsilon,
    double targetDelta,
    double expectedBatch,
    OptionalDouble rate) {
  /** The rate that is accounted for. */
  public double accountedRate() {
    return rate.orElse(1);
  }
}
