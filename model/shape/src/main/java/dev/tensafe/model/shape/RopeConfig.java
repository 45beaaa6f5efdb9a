package dev.tensafe.model.shape;

/**
 * The scaling of rotary frequencies; one record per {@code rope_type} of Hugging Face
 * (transformers/modeling_rope_utils.py).
 */
public sealed interface RopeConfig {
  /** Base of the geometric frequency series, {@code rope_theta}. */
  double theta();

  /** Plain rotary embedding (Su et al., RoFormer, arXiv:2104.09864). */
  record Default(double theta) implements RopeConfig {}

  /**
   * Position interpolation (Chen et al., arXiv:2306.15595): positions divided by {@code factor}.
   */
  record Linear(double theta, double factor) implements RopeConfig {}

  /**
   * Dynamic NTK: the base grows with the sequence once it is longer than {@code originalLength}.
   */
  record Dynamic(double theta, double factor, int originalLength) implements RopeConfig {}

  /** Llama 3.1's three-band scaling. */
  record Llama3(
      double theta, double factor, double lowFrequency, double highFrequency, int originalLength)
      implements RopeConfig {}

  /**
   * YaRN (Peng et al., arXiv:2309.00071).
   *
   * @param attentionFactor multiplies cosines and sines; already resolved from {@code mscale}
   * @param truncate whether the correction range is rounded to whole dimensions
   */
  record Yarn(
      double theta,
      double factor,
      int originalLength,
      double betaFast,
      double betaSlow,
      double attentionFactor,
      boolean truncate)
      implements RopeConfig {}
}
