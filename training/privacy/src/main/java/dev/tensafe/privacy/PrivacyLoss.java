package dev.tensafe.privacy;

/**
 * The privacy loss of one step of a sampled Gaussian, in one of the two directions. Scaled to a
 * sensitivity of 1, the two data sets give
 *
 * <pre>
 * without the example:  N(0, sigma^2)                                    density f
 * with it:              (1 - q) N(0, sigma^2) + q N(1, sigma^2)          density r f
 * r(x) = 1 - q + q e(x)      e(x) = exp((2x - 1) / (2 sigma^2))
 * </pre>
 *
 * which dominate whatever a step can show (Zhu, Dong and Wang, arXiv 2106.08567). The loss is log r
 * under the mixture if the example is removed, and -log r under f if it is added. Immutable.
 *
 * @param removal whether the example is removed
 */
record PrivacyLoss(double q, double sigma, boolean removal) {
  private static final double LARGE = 30;

  double logE(double x) {
    return (2 * x - 1) / (2 * sigma * sigma);
  }

  double logR(double x) {
    double logE = logE(x);
    return logE > LARGE
        ? logE + Math.log(q) + Math.log1p((1 - q) / q * Math.exp(-logE))
        : Math.log1p(q * Math.expm1(logE));
  }

  double at(double x) {
    return removal ? logR(x) : -logR(x);
  }

  /** Where the loss is this; not a number, or infinite, where it never is. */
  double inverse(double loss) {
    double logR = removal ? loss : -loss;
    double logE =
        logR > LARGE
            ? logR - Math.log(q) + Math.log1p((q - 1) * Math.exp(-logR))
            : Math.log1p(Math.expm1(logR) / q);
    return sigma * sigma * logE + 0.5;
  }

  /**
   * Mean and variance of one step's loss, tilted by exp(theta loss): about, for choosing a grid.
   *
   * @param z how many standard deviations of the noise are looked at
   */
  double[] tiltedMoments(double theta, double z) {
    double from = -z * sigma;
    double to = 1 + z * sigma;
    int points =
        (int) Math.min(20_000, Math.ceil((to - from) * 8 / Math.min(sigma, sigma * sigma)));
    double most = Double.NEGATIVE_INFINITY;
    double[] logs = new double[points + 1];
    double[] losses = new double[points + 1];
    for (int i = 0; i <= points; i++) {
      double x = from + (to - from) * i / points;
      double logR = logR(x);
      losses[i] = removal ? logR : -logR;
      logs[i] = -0.5 * (x / sigma) * (x / sigma) + (removal ? logR : 0) + theta * losses[i];
      most = Math.max(most, logs[i]);
    }
    double sum = 0;
    double mean = 0;
    for (int i = 0; i <= points; i++) {
      double weight = Math.exp(logs[i] - most);
      sum += weight;
      mean += weight * losses[i];
    }
    mean /= sum;
    double variance = 0;
    for (int i = 0; i <= points; i++) {
      variance += Math.exp(logs[i] - most) * (losses[i] - mean) * (losses[i] - mean);
    }
    return new double[] {mean, variance / sum};
  }
}
