package dev.tensafe.training.torch;

/** The optimizer and its settings. */
public sealed interface OptimizerSpec {
  /** Pull of matrices towards zero. */
  double weightDecay();

  /**
   * Loshchilov and Hutter, arXiv:1711.05101: each step multiplies matrices by 1 − rate·weightDecay.
   */
  record AdamW(double beta1, double beta2, double eps, double weightDecay)
      implements OptimizerSpec {}

  /**
   * Stochastic gradient descent with momentum (Sutskever et al., 2013); its decay is added to the
   * gradient.
   */
  record Sgd(double momentum, boolean nesterov, double weightDecay) implements OptimizerSpec {}
}
