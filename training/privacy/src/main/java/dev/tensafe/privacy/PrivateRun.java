package dev.tensafe.privacy;

import static java.util.Objects.requireNonNull;

/**
 * What a report is about: one run on a data set.
 *
 * @param run its name in the ledger
 * @param batches who chose them
 * @param maxGradNorm what each example's gradient is clipped to, in L2 over all trained parameters
 *     together; more than 0
 */
public record PrivateRun(String run, BatchChoice batches, double maxGradNorm) {
  /**
   * Checks the values.
   *
   * @throws PrivacyException {@code privacy.invalid}
   */
  public PrivateRun {
    DataSetId.requireText("run", run);
    requireNonNull(batches, "batches is null");
    if (!(maxGradNorm > 0 && maxGradNorm < Double.POSITIVE_INFINITY)) {
      throw PrivacyException.invalid(
          "gradients clipped to " + maxGradNorm + ": it is more than 0, and finite");
    }
  }
}
