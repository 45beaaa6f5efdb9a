package dev.tensafe.privacy;

import java.util.List;

/**
 * Says how private a list of steps is together, whatever their order, and each chosen in the light
 * of what those before it gave out. An upper bound: the steps are (epsilon, delta) differentially
 * private for the numbers that it returns. Thread-safe.
 */
public interface Accountant {
  /** A name for reports. */
  String name();

  /**
   * The epsilon at a delta.
   *
   * @param events none for what was never touched
   * @param delta more than 0, less than 1
   * @return at least 0; infinite where nothing can be said
   * @throws PrivacyException {@code privacy.invalid}
   */
  double epsilon(List<SampledGaussian> events, double delta);

  /**
   * The delta at an epsilon.
   *
   * @param epsilon finite, at least 0
   * @return from 0 to 1
   * @throws PrivacyException {@code privacy.invalid}
   */
  double delta(List<SampledGaussian> events, double epsilon);
}
