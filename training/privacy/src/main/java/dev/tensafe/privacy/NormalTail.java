package dev.tensafe.privacy;

/** Tails of the standard normal distribution, to a relative error of 1e-13. Stateless. */
final class NormalTail {
  private static final double LOG_ROOT_TWO_PI = 0.5 * Math.log(2 * Math.PI);
  private static final double SERIES_BELOW = 2;

  private NormalTail() {}

  /** The density at u. */
  static double density(double u) {
    return Math.exp(-0.5 * u * u - LOG_ROOT_TWO_PI);
  }

  /** The probability of more than u; 0 where a double cannot hold it. */
  static double above(double u) {
    if (u < 0) {
      return 1 - above(-u);
    }
    return u < SERIES_BELOW ? 0.5 - density(u) * series(u) : density(u) * mills(u);
  }

  /** The logarithm of {@link #above}, also where that is too small for a double. */
  static double logAbove(double u) {
    return u < SERIES_BELOW
        ? Math.log(above(u))
        : -0.5 * u * u - LOG_ROOT_TWO_PI + Math.log(mills(u));
  }

  /** Abramowitz and Stegun 26.2.11: (Phi(u) - 1/2) / density(u). */
  private static double series(double u) {
    double term = u;
    double sum = 0;
    for (int n = 1; sum + term != sum; n++) {
      sum += term;
      term *= u * u / (2 * n + 1);
    }
    return sum;
  }

  /** Abramowitz and Stegun 26.2.14, from its far end: (1 - Phi(u)) / density(u). */
  private static double mills(double u) {
    double at = u;
    // the error falls like exp(-2 u sqrt(terms))
    for (int n = 10 + (int) (500 / (u * u)); n >= 1; n--) {
      at = u + n / at;
    }
    return 1 / at;
  }
}
