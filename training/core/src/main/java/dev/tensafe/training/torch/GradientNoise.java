package dev.tensafe.training.torch;

/** Adds noise to a summed gradient: of differential privacy. */
@FunctionalInterface
public interface GradientNoise {
  /**
   * Adds a number of its own to each value. Called once for each trained tensor, in their order.
   *
   * @param values a tensor's, changed in place
   */
  void addTo(float[] values);
}
