package dev.tensafe.privacy;

import java.util.List;

/**
 * The privacy loss of all steps in one direction: an upper bound of delta for every epsilon from 0
 * on, good near the one that it was made for.
 *
 * <p>Masses are tilted by exp(theta loss) before they are convolved by Fourier transforms, and back
 * afterwards. The tilted sum has its bulk where the epsilon is, so that rounding, which is relative
 * to the bulk, is relative to delta too; without that a delta of 1e-12 drowns. What is added on
 * top: a bound of the transforms' rounding for every entry; what may lie above the window, by
 * Chernoff's bound; the steps' infinite losses; the masses' own relative error. What wraps around
 * the window only adds. Immutable.
 */
final class LossSum {
  private static final double UNIT = 0x1p-53;

  /** Steps of grids by which the spread of a step is resolved, at least, where there is room. */
  private static final double CELLS_A_DEVIATION = 64;

  private static final int FEWEST_CELLS = 1 << 15;
  private static final int MOST_CELLS = 1 << 19;
  private static final int SPREAD = 10;
  private static final double LEAST_TILT = 0.02;
  private static final double MOST_TILT = 1e6;

  private final double h;
  private final double theta;
  private final long lowest;
  private final double logMoment;
  private final double added;
  private final double factor;
  private final double blur;

  /** By point of the grid, sums over the points from it on, see {@link #delta}. */
  private final double[] first;

  private final double[] second;

  /**
   * Composes the steps.
   *
   * @param near about the epsilon that is of interest; the window reaches beyond it
   * @param delta about the delta that is of interest
   */
  LossSum(List<SampledGaussian> events, boolean removal, double near, double delta) {
    double steps = events.stream().mapToDouble(SampledGaussian::steps).sum();
    double z = Math.sqrt(2 * Math.log(1e9 * steps / delta));
    theta = saddle(events, removal, near, z);
    double mean = 0;
    double variance = 0;
    for (SampledGaussian event : events) {
      double[] moments = loss(event, removal).tiltedMoments(theta, z);
      mean += event.steps() * moments[0];
      variance += event.steps() * moments[1];
    }
    double deviation = Math.sqrt(variance);
    double high = Math.max(mean, near) + SPREAD * deviation;
    double low = Math.min(0, mean - SPREAD * deviation);
    double grid = deviation / Math.sqrt(steps) / CELLS_A_DEVIATION;
    grid = Math.min(grid, (high - low) / FEWEST_CELLS);
    grid = Math.max(grid, (high - low) / MOST_CELLS);
    for (SampledGaussian event : events) {
      double cells = LossMasses.cells(loss(event, removal), grid, z);
      grid *= Math.max(1, cells / MOST_CELLS);
    }
    h = grid;
    LossMasses[] masses = new LossMasses[events.size()];
    double[] moments = new double[events.size()];
    double moment = 0;
    double infinite = 0;
    for (int e = 0; e < masses.length; e++) {
      masses[e] = new LossMasses(loss(events.get(e), removal), h, z);
      moments[e] = masses[e].logMoment(theta);
      moment += events.get(e).steps() * moments[e];
      infinite += events.get(e).steps() * masses[e].infinite();
    }
    logMoment = moment;
    double above = logAbove(events, masses, high);
    for (int i = 0; i < 8 && above > Math.log(1e-7 * delta); i++) {
      high += Math.max(deviation, 0.1 * (high - low));
      above = logAbove(events, masses, high);
    }
    added = infinite + Math.exp(Math.min(0, above));
    double exponents = 1000 + Math.abs(logMoment) + theta * Math.max(high, -low);
    factor = Math.exp(2 * steps * LossMasses.RELATIVE_ERROR + 64 * UNIT * exponents);
    blur = steps * 8 * UNIT * Math.max(1, high);
    lowest = (long) Math.floor(low / h) - 1;
    int size = Integer.highestOneBit((int) Math.ceil((high - low) / h) + 3) * 2;
    double[] tilted = convolve(events, masses, moments, size);
    first = new double[size + 1];
    second = new double[size + 1];
    double one = Math.exp(-theta * h);
    double other = Math.exp(-(theta + 1) * h);
    for (int j = size - 1; j >= 0; j--) {
      double mass = tilted[Math.floorMod(lowest + j, size)];
      first[j] = mass + one * first[j + 1];
      second[j] = mass + other * second[j + 1];
    }
  }

  private static PrivacyLoss loss(SampledGaussian event, boolean removal) {
    return new PrivacyLoss(event.rate(), event.noiseMultiplier(), removal);
  }

  /**
   * The tilt that puts the bulk where most of delta comes from: it makes the derivative of the
   * logarithm of the moments, less theta epsilon and less log(theta (theta + 1)), zero.
   */
  private static double saddle(
      List<SampledGaussian> events, boolean removal, double epsilon, double z) {
    double low = Math.log(LEAST_TILT);
    double high = Math.log(MOST_TILT);
    for (int i = 0; i < 24; i++) {
      double middle = (low + high) / 2;
      double tilt = Math.exp(middle);
      double mean = 0;
      for (SampledGaussian event : events) {
        mean += event.steps() * loss(event, removal).tiltedMoments(tilt, z)[0];
      }
      if (mean < epsilon + 1 / tilt + 1 / (tilt + 1)) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return Math.exp(low);
  }

  /** The logarithm of the untilted mass above a loss, by Chernoff's bound. */
  private double logAbove(List<SampledGaussian> events, LossMasses[] masses, double high) {
    double largest = 0;
    for (int e = 0; e < masses.length; e++) {
      largest += events.get(e).steps() * masses[e].lossAt(masses[e].count() - 1);
    }
    if (largest * (1 + 1e-9) + h < high) {
      return Double.NEGATIVE_INFINITY;
    }
    double least = 0;
    for (double more : new double[] {1.1, 1.25, 1.5, 2, 3, 6, 12, 25}) {
      double sum = -more * theta * high;
      for (int e = 0; e < masses.length; e++) {
        sum += events.get(e).steps() * masses[e].logMoment(more * theta);
      }
      least = Math.min(least, sum);
    }
    return least;
  }

  /** The masses of the tilted sum modulo the size, each no less than it is. */
  private double[] convolve(
      List<SampledGaussian> events, LossMasses[] masses, double[] moments, int size) {
    FourierTransform transform = new FourierTransform(size);
    double[] logs = new double[size];
    double[] angles = new double[size];
    double[] most = new double[size];
    double steps = 0;
    for (int e = 0; e < masses.length; e++) {
      double[] re = new double[size];
      double[] im = new double[size];
      for (int i = 0; i < masses[e].count(); i++) {
        if (masses[e].mass(i) > 0) {
          re[Math.floorMod(masses[e].first() + i, size)] +=
              Math.exp(Math.log(masses[e].mass(i)) + theta * masses[e].lossAt(i) - moments[e]);
        }
      }
      double norm = 0;
      for (double value : re) {
        norm += value * value;
      }
      double error = transform.error() * Math.sqrt(norm * size);
      transform.forward(re, im);
      long count = events.get(e).steps();
      steps += count;
      for (int m = 0; m < size; m++) {
        double absolute = Math.hypot(re[m], im[m]);
        logs[m] += count * Math.log(absolute);
        most[m] += count * Math.log(absolute + error);
        angles[m] += count * Math.atan2(im[m], re[m]);
      }
    }
    double[] re = new double[size];
    double[] im = new double[size];
    double wrong = 0;
    double norm = 0;
    for (int m = 0; m < size; m++) {
      double absolute = Math.exp(logs[m]);
      double upper = Math.exp(most[m]);
      re[m] = absolute * Math.cos(angles[m]);
      im[m] = absolute * Math.sin(angles[m]);
      wrong += upper - absolute + upper * (8 * UNIT * (steps + 1000));
      norm += absolute * absolute;
    }
    transform.backward(re, im);
    double error = (wrong + transform.error() * Math.sqrt(norm * size)) / size;
    double[] tilted = new double[size];
    for (int j = 0; j < size; j++) {
      tilted[j] = Math.max(0, re[j] / size) + error;
    }
    return tilted;
  }

  /**
   * An upper bound of the delta at an epsilon.
   *
   * @param epsilon at least 0
   */
  double delta(double epsilon) {
    double shown = Math.max(0, epsilon - blur);
    long above = (long) Math.floor(shown / h) + 1 - lowest;
    int j = (int) Math.min(first.length - 1, above);
    double loss = (lowest + j) * h;
    // the sum over losses L from here on of mass exp(-theta L) (1 - exp(epsilon - L))
    double sum =
        first[j] * (1 + 4 * UNIT * first.length) - Math.exp(Math.min(0, shown - loss)) * second[j];
    double bulk = Math.exp(logMoment - theta * loss) * Math.max(0, sum);
    return Math.min(1, factor * bulk + added);
  }

  /** The least epsilon whose {@link #delta} is at most this; infinite where there is none. */
  double epsilon(double delta) {
    double high = h * (lowest + first.length - 1);
    if (delta(0) <= delta) {
      return 0;
    }
    if (!(delta(high) <= delta)) {
      return Double.POSITIVE_INFINITY;
    }
    double low = 0;
    for (int i = 0; i < 100 && high - low > 1e-12 * high; i++) {
      double middle = (low + high) / 2;
      if (delta(middle) <= delta) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return high;
  }
}
