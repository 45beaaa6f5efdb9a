package dev.tensafe.privacy;

/**
 * A privacy loss on a grid, never too small: the mass between two points of the grid goes to both
 * so that its total and its mean of exp(-loss) stay ("connect the dots": Doroshenko, Ghazi, Kamath,
 * Kumar and Manurangsi, arXiv 2207.04380). The hockey-stick divergence is convex in exp(-loss), so
 * it only grows, and at a single step's grid points it is exact. Immutable; holds one step.
 *
 * <p>Masses have a relative error of at most {@link #RELATIVE_ERROR}; where a mass is to be divided
 * and rounding could favour the lower point, the upper one gets more.
 */
final class LossMasses {
  static final double RELATIVE_ERROR = 2e-12;

  private static final double INFINITY = Double.POSITIVE_INFINITY;
  private static final double TAIL_ERROR = 4e-13;
  private static final double WIDEST_PANEL = 0.5;

  /** Gauss and Legendre's rule of five points on (-1, 1). */
  private static final double[] NODES = {
    -0.906179845938664, -0.5384693101056831, 0, 0.5384693101056831, 0.906179845938664
  };

  private static final double[] WEIGHTS = {
    0.23692688505618908,
    0.47862867049936647,
    0.5688888888888889,
    0.47862867049936647,
    0.23692688505618908
  };

  private final PrivacyLoss loss;
  private final double h;
  private final long first;
  private final double[] masses;
  private double infinite;

  /**
   * Lays a loss on a grid.
   *
   * @param h its width
   * @param z how many standard deviations of the noise are looked at; what is beyond, on the side
   *     of large losses, counts as infinite
   */
  LossMasses(PrivacyLoss loss, double h, double z) {
    this.loss = loss;
    this.h = h;
    double sigma = loss.sigma();
    double low = loss.at(loss.removal() ? -z * sigma : 1 + z * sigma);
    double high = loss.at(loss.removal() ? 1 + z * sigma : -z * sigma);
    first = (long) Math.floor(low / h);
    int count = Math.toIntExact((long) Math.ceil(high / h) - first + 1);
    masses = new double[count];
    double before = edge(0);
    putBelow(before);
    for (int i = 0; i + 1 < count; i++) {
      double after = edge(i + 1);
      put(i, before, after);
      before = after;
    }
    putAbove(before);
  }

  static long cells(PrivacyLoss loss, double h, double z) {
    double sigma = loss.sigma();
    return (long) Math.ceil((loss.at(1 + z * sigma) - loss.at(-z * sigma)) / h * sign(loss)) + 2;
  }

  private static int sign(PrivacyLoss loss) {
    return loss.removal() ? 1 : -1;
  }

  /** Where the loss is that of a grid point; infinite outside of what it can be. */
  private double edge(int i) {
    double x = loss.inverse((first + i) * h);
    if (Double.isNaN(x)) {
      // below the least ratio, 1 - q
      return Double.NEGATIVE_INFINITY;
    }
    return x;
  }

  /** The mass below the first point goes there. */
  private void putBelow(double x) {
    masses[0] += loss.removal() ? mixture(Double.NEGATIVE_INFINITY, x) : normal(x, INFINITY, 0);
  }

  /** The mass above the last point is infinite. */
  private void putAbove(double x) {
    infinite = loss.removal() ? mixture(x, INFINITY) : normal(Double.NEGATIVE_INFINITY, x, 0);
  }

  private double mixture(double from, double to) {
    return (1 - loss.q()) * normal(from, to, 0) + loss.q() * normal(from, to, 1);
  }

  private double normal(double from, double to, double mean) {
    return share((from - mean) / loss.sigma(), (to - mean) / loss.sigma());
  }

  private static double share(double from, double to) {
    if (!(from < to)) {
      return 0;
    }
    if (from >= 0) {
      return NormalTail.above(from) - NormalTail.above(to);
    }
    return to <= 0
        ? NormalTail.above(-to) - NormalTail.above(-from)
        : 1 - NormalTail.above(-from) - NormalTail.above(to);
  }

  /** Divides the mass between point i and the next. */
  private void put(int i, double before, double after) {
    double from = Math.min(before, after);
    double to = Math.max(before, after);
    if (!(from < to)) {
      return;
    }
    double low = (first + i) * h;
    double[] parts = Double.isInfinite(from) ? tails(low, from, to) : panels(low, before, from, to);
    double mass = parts[0];
    double upper = Math.min(mass, parts[1] / -Math.expm1(-h));
    masses[i] += mass - upper;
    masses[i + 1] += upper;
  }

  /**
   * The mass P of a cell, and P - exp(low) Q, where Q is the other data set's mass: of a cell that
   * goes to minus infinity.
   */
  private double[] tails(double low, double from, double to) {
    double q = loss.q();
    double n0 = normal(from, to, 0);
    double n1 = normal(from, to, 1);
    if (loss.removal()) {
      // exp(low) is below 1 - q here
      double rest = Math.max(0, -Math.expm1(low) - q);
      return new double[] {
        (1 - q) * n0 + q * n1, (rest * n0 + q * n1) * (1 + TAIL_ERROR) + TAIL_ERROR * 1e-3 * n0
      };
    }
    double en0 = n0 == 0 ? 0 : Math.exp(loss.logE(to) + Math.log(n0));
    double difference = Math.max(0, en0 - n1) + TAIL_ERROR * (en0 + n1);
    return new double[] {n0, Math.exp(low) * q * difference};
  }

  /** The same of another cell, by Gauss and Legendre's rule on panels: nothing cancels. */
  private double[] panels(double low, double atLow, double from, double to) {
    double sigma = loss.sigma();
    double q = loss.q();
    double steepest = Math.max(1, Math.max(Math.abs(from), Math.abs(to)) / sigma) + 1 / sigma;
    int count = (int) Math.ceil((to - from) / sigma * steepest / WIDEST_PANEL);
    double half = (to - from) / (2 * count);
    double logE = loss.logE(atLow);
    double n0 = 0;
    double n1 = 0;
    double difference = 0;
    for (int panel = 0; panel < count; panel++) {
      double middle = from + (2 * panel + 1) * half;
      for (int k = 0; k < NODES.length; k++) {
        double x = middle + half * NODES[k];
        double log = -0.5 * (x / sigma) * (x / sigma);
        double grown = Math.expm1((x - atLow) / (sigma * sigma));
        double shifted = Math.exp(log + logE + (loss.removal() ? 0 : low));
        n0 += WEIGHTS[k] * Math.exp(log);
        n1 += WEIGHTS[k] * shifted * (1 + grown);
        difference += WEIGHTS[k] * shifted * Math.abs(grown);
      }
    }
    double scale = half / sigma / Math.sqrt(2 * Math.PI);
    double mass = scale * (loss.removal() ? (1 - q) * n0 + q * n1 : n0);
    return new double[] {mass, scale * q * difference * (1 + TAIL_ERROR)};
  }

  /** The probability of an infinite loss. */
  double infinite() {
    return infinite * (1 + RELATIVE_ERROR);
  }

  /** The grid's number of the first mass. */
  long first() {
    return first;
  }

  int count() {
    return masses.length;
  }

  double lossAt(int i) {
    return (first + i) * h;
  }

  double mass(int i) {
    return masses[i];
  }

  /** The logarithm of the sum of masses times exp(theta loss). */
  double logMoment(double theta) {
    double most = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < masses.length; i++) {
      if (masses[i] > 0) {
        most = Math.max(most, Math.log(masses[i]) + theta * lossAt(i));
      }
    }
    double sum = 0;
    for (int i = 0; i < masses.length; i++) {
      if (masses[i] > 0) {
        sum += Math.exp(Math.log(masses[i]) + theta * lossAt(i) - most);
      }
    }
    return most + Math.log(sum);
  }
}
