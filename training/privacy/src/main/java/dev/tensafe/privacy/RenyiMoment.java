package dev.tensafe.privacy;

/**
 * The moment that the R&eacute;nyi divergence of a sampled Gaussian comes from. With r(x) = 1 - q +
 * q exp((2x - 1) / (2 sigma^2)), the ratio of the densities with and without the one example, and x
 * normal with standard deviation sigma, it is
 *
 * <pre>
 * A(alpha) = E[r(x)^alpha]        divergence of order alpha = log A(alpha) / (alpha - 1)
 * </pre>
 *
 * (Mironov, Talwar, Zhang: arXiv 1908.10530, section 3.3, who also show that the other direction is
 * never larger.) Here one step of log A is computed. Stateless.
 */
final class RenyiMoment {
  private static final int MOST_TERMS = 1000;

  /** Terms that are smaller than the sum by this much, in logarithms, do not change a double. */
  private static final double NEGLIGIBLE = 37;

  /** Below, the series' sum is so near to 1 that rounding shows in its logarithm. */
  private static final double LEAST_OF_SERIES = 1e-4;

  private static final double LARGE = 1000;
  private static final double TAIL = 13;

  private RenyiMoment() {}

  /**
   * Computes log A.
   *
   * @param alpha more than 1
   */
  static double logA(double q, double sigma, double alpha) {
    if (q == 1) {
      return alpha * (alpha - 1) / (2 * sigma * sigma);
    }
    if (alpha == Math.rint(alpha)) {
      return binomial(q, sigma, (int) alpha);
    }
    double series = series(q, sigma, alpha, true);
    return series >= LEAST_OF_SERIES ? series : integral(q, sigma, alpha);
  }

  /**
   * An integer order: the binomial formula. As the weights add up to 1, A - 1 is a sum of positive
   * terms, and nothing cancels.
   */
  private static double binomial(double q, double sigma, int alpha) {
    double logQ = Math.log(q);
    double logRest = Math.log1p(-q);
    double logChoose = Math.log(alpha);
    double sum = Double.NEGATIVE_INFINITY;
    for (int i = 2; i <= alpha; i++) {
      logChoose += Math.log((alpha - i + 1.0) / i);
      double exponent = (double) i * (i - 1) / (2 * sigma * sigma);
      sum = logAdd(sum, logChoose + i * logQ + (alpha - i) * logRest + logExpm1(exponent));
    }
    return logPlusOne(sum);
  }

  /**
   * Any other order: the two series of the paper's section 3.3, one for each side of the point
   * where both parts of r are equal. Not a number where they converge too slowly.
   *
   * @param signed false adds up what is to be subtracted, as other libraries do: an upper bound
   */
  static double series(double q, double sigma, double alpha, boolean signed) {
    double logQ = Math.log(q);
    double logRest = Math.log1p(-q);
    double z0 = sigma * sigma * (logRest - logQ) + 0.5;
    double logChoose = 0;
    boolean negative = false;
    double plus = Double.NEGATIVE_INFINITY;
    double minus = Double.NEGATIVE_INFINITY;
    double before = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < MOST_TERMS; i++) {
      double j = alpha - i;
      double below =
          logChoose
              + i * logQ
              + j * logRest
              + (double) i * (i - 1) / (2 * sigma * sigma)
              + NormalTail.logAbove((i - z0) / sigma);
      double above =
          logChoose
              + j * logQ
              + i * logRest
              + j * (j - 1) / (2 * sigma * sigma)
              + NormalTail.logAbove((z0 - j) / sigma);
      double term = logAdd(below, above);
      if (negative && signed) {
        minus = logAdd(minus, term);
      } else {
        plus = logAdd(plus, term);
      }
      if (i > alpha && term < before && term < plus - NEGLIGIBLE) {
        return plus + Math.log1p(-Math.exp(minus - plus));
      }
      before = term;
      logChoose += Math.log(Math.abs(j) / (i + 1));
      negative ^= j < 0;
    }
    return Double.NaN;
  }

  /**
   * The same by the trapezoidal rule, whose error falls exponentially for such functions (Trefethen
   * and Weideman, SIAM Review 56, 2014). As E[r] = 1, A - 1 = E[r^alpha - 1 - alpha (r - 1)], whose
   * integrand is positive.
   */
  private static double integral(double q, double sigma, double alpha) {
    double step = Math.min(sigma, sigma * sigma) / 4;
    long from = (long) Math.floor(-TAIL * sigma / step);
    long to = (long) Math.ceil((alpha + TAIL * sigma) / step);
    double logQ = Math.log(q);
    double sum = Double.NEGATIVE_INFINITY;
    for (long i = from; i <= to; i++) {
      double x = i * step;
      double exponent = (2 * x - 1) / (2 * sigma * sigma);
      double logExcess = logExcess(q, logQ, exponent, alpha);
      sum = logAdd(sum, logExcess - 0.5 * (x / sigma) * (x / sigma));
    }
    return logPlusOne(sum + Math.log(step / sigma) - 0.5 * Math.log(2 * Math.PI));
  }

  /** The logarithm of r^alpha - 1 - alpha u, where r = 1 + u. */
  private static double logExcess(double q, double logQ, double exponent, double alpha) {
    double u = q * Math.expm1(exponent);
    if (Math.abs(alpha * u) < 0.01) {
      double sum = 1;
      for (int n = 9; n >= 3; n--) {
        sum = 1 + sum * u * (alpha - n + 1) / n;
      }
      return Math.log(0.5 * alpha * (alpha - 1) * u * u * sum);
    }
    if (u < LARGE) {
      return Math.log(Math.expm1(alpha * Math.log1p(u)) - alpha * u);
    }
    // r^alpha is some times larger than 1 + alpha u here, but may be too large for a double
    double logU = exponent > NEGLIGIBLE - logQ ? logQ + exponent : Math.log(u);
    double power = alpha * (logU + Math.log1p(Math.exp(-logU)));
    return power + Math.log(-Math.expm1(Math.log(alpha) + logU - power) - Math.exp(-power));
  }

  private static double logExpm1(double x) {
    return x > NEGLIGIBLE ? x : Math.log(Math.expm1(x));
  }

  private static double logPlusOne(double log) {
    return log > 0 ? log + Math.log1p(Math.exp(-log)) : Math.log1p(Math.exp(log));
  }

  static double logAdd(double a, double b) {
    double most = Math.max(a, b);
    return most == Double.NEGATIVE_INFINITY
        ? most
        : most + Math.log1p(Math.exp(Math.min(a, b) - most));
  }
}
