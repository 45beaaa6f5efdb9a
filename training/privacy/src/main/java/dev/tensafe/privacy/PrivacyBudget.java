package dev.tensafe.privacy;

/**
 * What may be spent of a data set in all.
 *
 * @param epsilon more than 0, finite
 * @param delta more than 0, less than 1; well below one divided by the number of examples
 */
public record PrivacyBudget(double epsilon, double delta) {
  /**
   * Checks the numbers.
   *
   * @throws PrivacyException {@code privacy.invalid}
   */
  public PrivacyBudget {
    RdpAccountant.requireEpsilon(epsilon);
    RdpAccountant.requireDelta(delta);
    if (epsilon == 0) {
      throw PrivacyException.invalid("a budget of epsilon 0: no step can be paid from it");
    }
  }
}
