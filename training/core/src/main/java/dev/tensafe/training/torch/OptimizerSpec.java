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

  /**
   * Shazeer and Stern, arXiv:1804.04235, algorithm 4 with the rate as its relative step size: of a
   * matrix's second moment only the means of rows and columns are kept, there is no first one, and
   * a step is relative to the root mean square of what it changes. Decays as AdamW does.
   *
   * @param exponent moments of step t are kept with the factor 1 − t^−exponent
   * @param eps1 added to each squared gradient
   * @param eps2 the least root mean square that a step is relative to
   * @param threshold the most that an update's root mean square may be
   */
  record Adafactor(double exponent, double eps1, double eps2, double threshold, double weightDecay)
      implements OptimizerSpec {
    /** The paper's settings, without decay. */
    public static Adafactor standard() {
      return new Adafactor(0.8, 1e-30, 1e-3, 1, 0);
    }
  }
}
