package dev.tensafe.batching.draft;

/**
 * What a step costs by the rows it runs, from steps that were measured. Every number of rows has a
 * mean of its own that forgets, over the median of each measurement and the two before it, so that
 * a step that something else held up counts for nothing; and no number of rows is taken to cost
 * more than they would one by one. Between and beyond them a line is put through the means near by,
 * with a slope that is assumed until something speaks against it. Confined to one thread.
 */
final class StepCosts {
  /** Numbers of rows that are told apart. */
  static final int MOST_ROWS = 256;

  /** Steps that a mean remembers. */
  private static final int MEMORY = 16;

  /** By what factor steps have to change so that the mean soon does. */
  private static final double CHANGED = 2;

  /** Steps after which a mean that was not measured again counts half; as hyperbola. */
  private static final double HALF_LIFE = 512;

  /** Until it is known, a further row costs this share of what a row costs now. */
  private static final double ASSUMED = 0.3;

  /** What the assumption weighs, in steps measured at a distance of one row. */
  private static final double ASSUMED_WEIGHT = 0.5;

  private final double[] mean = new double[MOST_ROWS + 1];
  private final double[] previous = new double[MOST_ROWS + 1];
  private final double[] beforeThat = new double[MOST_ROWS + 1];
  private final int[] count = new int[MOST_ROWS + 1];
  private final long[] measured = new long[MOST_ROWS + 1];
  private final long[] plain = new long[MOST_ROWS + 1];
  private long steps;
  private int largest;

  // the line through the means near a number of rows
  private double intercept;
  private double slope;

  /** Takes in a step; {@code guesses} of its rows were guesses. */
  void add(int rows, int guesses, double nanos) {
    steps++;
    if (rows < 1 || rows > MOST_ROWS) {
      return;
    }
    plain[rows] = guesses == 0 ? steps : plain[rows];
    largest = Math.max(largest, rows);
    if (count[rows] == 0) {
      mean[rows] = nanos;
    } else {
      double usual =
          count[rows] == 1
              ? Math.min(nanos, previous[rows])
              : median(nanos, previous[rows], beforeThat[rows]);
      mean[rows] += (usual - mean[rows]) * share(rows, usual);
    }
    beforeThat[rows] = previous[rows];
    previous[rows] = nanos;
    count[rows] = Math.min(count[rows] + 1, MEMORY);
    measured[rows] = steps;
  }

  /** What a measurement weighs in the mean. */
  private double share(int rows, double usual) {
    if (count[rows] <= 2) {
      return 1; // what the first one or two alone said is dropped
    }
    boolean other = usual > CHANGED * mean[rows] || CHANGED * usual < mean[rows];
    return other ? 0.5 : 1.0 / Math.min(count[rows] + 1, MEMORY);
  }

  private static double median(double a, double b, double c) {
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }

  /** Steps since one without guesses, with so many rows or up to a quarter more or fewer. */
  long age(int rows) {
    long latest = 0;
    for (int r = rows - rows / 4; r <= Math.min(rows + rows / 4, MOST_ROWS); r++) {
      latest = Math.max(latest, plain[r]);
    }
    return latest == 0 ? Long.MAX_VALUE : steps - latest;
  }

  /**
   * Costs of steps of some rows and more.
   *
   * @param rows of the smallest of them
   * @param more so many numbers of rows beyond it
   * @return nanoseconds for {@code rows}, {@code rows + 1}, … {@code rows + more}; never falling;
   *     empty as long as nothing is known
   */
  double[] costs(int rows, int more) {
    if (!fit(rows, more)) {
      return new double[0];
    }
    double[] costs = new double[more + 1];
    for (int i = 0; i <= more; i++) {
      double line = intercept + slope * i;
      double weight = weight(rows + i);
      double own = weight == 0 ? 0 : mean[rows + i];
      costs[i] = (weight * own + line) / (weight + 1);
      if (i > 0) {
        // no step costs more than its rows one by one
        costs[i] = Math.min(costs[i], costs[0] * (rows + i) / rows);
      }
    }
    // where fewer rows seem to cost more, they were held up
    for (int i = more - 1; i > 0; i--) {
      costs[i] = Math.min(costs[i], costs[i + 1]);
    }
    for (int i = 1; i <= more; i++) {
      costs[i] = Math.max(costs[i], costs[0]);
    }
    return costs;
  }

  private double weight(int rows) {
    if (rows > MOST_ROWS || count[rows] == 0) {
      return 0;
    }
    return count[rows] / (1 + (steps - measured[rows]) / HALF_LIFE);
  }

  /** Weighted least squares over the means near by, with a ridge towards the assumed slope. */
  private boolean fit(int rows, int more) {
    int from = Math.max(1, rows - 1 - rows / 4);
    int to = Math.min(largest, rows + more + more / 2);
    double w = 0;
    double wx = 0;
    double wy = 0;
    double wxx = 0;
    double wxy = 0;
    for (int r = from; r <= to; r++) {
      double weight = weight(r);
      if (weight > 0) {
        double x = r - rows;
        w += weight;
        wx += weight * x;
        wy += weight * mean[r];
        wxx += weight * x * x;
        wxy += weight * x * mean[r];
      }
    }
    if (w < 1e-6) {
      return nearest(rows);
    }
    double assumed = ASSUMED * (wy / w) / rows;
    double xx = wxx - wx * wx / w + ASSUMED_WEIGHT;
    double xy = wxy - wx * wy / w + ASSUMED_WEIGHT * assumed;
    slope = Math.max(0, xy / xx);
    intercept = (wy - slope * wx) / w;
    return intercept > 0 || nearest(rows);
  }

  /** Far from all that was measured: in proportion to the rows beyond the largest of it. */
  private boolean nearest(int rows) {
    int best = 0;
    for (int r = 1; r <= largest; r++) {
      if (count[r] > 0 && (best == 0 || Math.abs(r - rows) <= Math.abs(best - rows))) {
        best = r;
      }
    }
    if (best == 0) {
      return false;
    }
    slope = ASSUMED * mean[best] / best;
    intercept = Math.max(mean[best] / 2, mean[best] + slope * (rows - best));
    return true;
  }
}
