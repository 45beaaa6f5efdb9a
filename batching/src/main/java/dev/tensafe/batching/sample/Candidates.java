package dev.tensafe.batching.sample;

import dev.tensafe.nativelib.logits.LogitScan;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Tokens with their weights, what top-k and top-p leave of them, and the draw among those. Works in
 * a linear pass: weights are binned by their logarithm, and only the bins that can survive are
 * sorted. Confined to one thread; buffers are reused.
 */
final class Candidates {
  /** Bins of weights, the largest first; the last one takes all that are smaller still. */
  static final int BINS = 640;

  /** Tokens this far (in units of temperature) below the best have weight below 1e-17: left out. */
  private static final double CUTOFF = LogitScan.REACH;

  private int[] ids = new int[0];
  private double[] weights = new double[0];
  private long[] order = new long[0];
  private final double[] binWeight = new double[BINS];
  private final int[] binCount = new int[BINS];
  private int count;

  /** What {@link #keepLikely} came to. */
  enum Cut {
    SURE,
    /** The bound of the mass lies so near that another rounding could have moved it. */
    DOUBTFUL,
    /** The cut lies beyond the bins that are there. */
    BEYOND
  }

  /** The bin of a weight. */
  static int bin(double weight) {
    return (int) Math.min(BINS - 1, -Math.log(weight) * (BINS / CUTOFF));
  }

  /** How far below the maximum the first {@code bins} bins reach. */
  static double reach(int bins, double temperature) {
    return CUTOFF * temperature * bins / BINS;
  }

  /** The weight of a logit that is a distance below the maximum. */
  static double weight(double distance, double temperature) {
    return Math.exp(-distance / temperature);
  }

  /** Takes those of the ids that were found in a row which are not too unlikely, in their order. */
  void collect(LogitScan scan, int found, FloatBuffer logits, float max, double temperature) {
    if (ids.length < found) {
      int room = Math.min(scan.vocabSize(), Math.max(64, 2 * found));
      ids = new int[room];
      weights = new double[room];
      order = new long[room];
    }
    count = 0;
    double reach = CUTOFF * temperature;
    for (int i = 0; i < found; i++) {
      int id = scan.id(i);
      double distance = (double) max - logits.get(id);
      if (distance < reach) {
        ids[count] = id;
        weights[count++] = weight(distance, temperature);
      }
    }
  }

  /** The sum of all weights. */
  double total() {
    double total = 0;
    for (int i = 0; i < count; i++) {
      total += weights[i];
    }
    return total;
  }

  /**
   * Sorts what top-k and top-p may keep, best first and lower id first, and drops the rest.
   *
   * @param bins so many bins are complete
   * @param total the weight of all tokens of the row, collected or not; needed by top-p without
   *     top-k
   * @param doubt how far {@code total} may be from the sum of all weights in the order of their ids
   */
  Cut keepLikely(SamplingParams params, int bins, double total, double doubt) {
    Arrays.fill(binWeight, 0);
    Arrays.fill(binCount, 0);
    for (int i = 0; i < count; i++) {
      int bin = bin(weights[i]);
      binWeight[bin] += weights[i];
      binCount[bin]++;
    }
    int k = params.topK() > 0 ? params.topK() : Integer.MAX_VALUE;
    // top-p is taken of what top-k leaves, so with both only top-k may bound the bins
    boolean byMass = params.topK() == 0;
    double allowed = params.topP() * total;
    boolean sure = true;
    int lastBin = 0;
    double seenMass = 0;
    for (int seen = 0; lastBin < bins; lastBin++) {
      seen += binCount[lastBin];
      seenMass += binWeight[lastBin];
      sure &= !byMass || Math.abs(seenMass - allowed) >= doubt;
      if (seen >= k || (byMass && seenMass >= allowed)) {
        break;
      }
    }
    if (lastBin == bins && bins < BINS) {
      return Cut.BEYOND;
    }
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (bin(weights[i]) <= lastBin) {
        ids[kept] = ids[i];
        weights[kept] = weights[i];
        // weights are in (0, 1]: their bits order as they do; complemented for best first
        order[kept] = (~Float.floatToIntBits((float) weights[i]) & 0xffffffffL) << 32 | kept;
        kept++;
      }
    }
    Arrays.sort(order, 0, kept);
    int[] oldIds = Arrays.copyOf(ids, kept);
    double[] oldWeights = Arrays.copyOf(weights, kept);
    count = 0;
    int limit = Math.min(k, kept);
    double keptTotal = 0;
    for (int i = 0; i < limit; i++) {
      keptTotal += oldWeights[(int) order[i]];
    }
    double mass = byMass ? allowed : params.topP() * keptTotal;
    double sum = 0;
    for (int i = 0; i < limit && (i == 0 || params.topP() >= 1 || sum < mass); i++) {
      int from = (int) order[i];
      ids[count] = oldIds[from];
      weights[count++] = oldWeights[from];
      sum += oldWeights[from];
      sure &= !byMass || Math.abs(sum - mass) >= doubt;
    }
    return sure ? Cut.SURE : Cut.DOUBTFUL;
  }

  /**
   * Draws one of the tokens by its weight.
   *
   * @param floor tokens of less weight are out
   * @param uniform in [0, 1)
   */
  int draw(double floor, double uniform) {
    double total = 0;
    for (int i = 0; i < count; i++) {
      total += weights[i] >= floor ? weights[i] : 0;
    }
    double target = uniform * total;
    int last = ids[0];
    for (int i = 0; i < count; i++) {
      if (weights[i] < floor) {
        continue;
      }
      last = ids[i];
      target -= weights[i];
      if (target < 0) {
        break;
      }
    }
    return last;
  }
}
