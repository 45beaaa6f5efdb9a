package dev.tensafe.batching.sample;

import java.util.Arrays;

/** The oracle of {@link Candidates} and {@link TokenDraw}: looks at every token of the row. */
final class PlainCandidates {
  /** Tokens this far (in units of temperature) below the best have weight below 1e-17: left out. */
  private static final double CUTOFF = 40;

  private static final int BINS = 640;

  private final int[] ids;
  private final double[] weights;
  private final long[] order;
  private final double[] binWeight = new double[BINS];
  private final int[] binCount = new int[BINS];
  private int count;

  PlainCandidates(int vocabSize) {
    ids = new int[vocabSize];
    weights = new double[vocabSize];
    order = new long[vocabSize];
  }

  /** Draws a token by {@code uniform} in [0, 1). */
  int draw(float[] logits, float max, SamplingParams params, double uniform) {
    collect(logits, max, params.temperature());
    boolean truncated = params.topK() > 0 || params.topP() < 1;
    if (truncated) {
      keepLikely(params);
    }
    double floor = params.minP();
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

  private void collect(float[] logits, float max, double temperature) {
    count = 0;
    double reach = CUTOFF * temperature;
    for (int id = 0; id < logits.length; id++) {
      double distance = (double) max - logits[id];
      if (distance < reach) {
        ids[count] = id;
        weights[count++] = Math.exp(-distance / temperature);
      }
    }
  }

  /** Sorts what top-k and top-p may keep, best first and lower id first, and drops the rest. */
  private void keepLikely(SamplingParams params) {
    Arrays.fill(binWeight, 0);
    Arrays.fill(binCount, 0);
    double total = 0;
    for (int i = 0; i < count; i++) {
      int bin = bin(weights[i]);
      binWeight[bin] += weights[i];
      binCount[bin]++;
      total += weights[i];
    }
    int k = params.topK() > 0 ? params.topK() : Integer.MAX_VALUE;
    // top-p is taken of what top-k leaves, so with both only top-k may bound the bins
    boolean byMass = params.topK() == 0;
    int lastBin = 0;
    double seenMass = 0;
    for (int seen = 0; lastBin < BINS; lastBin++) {
      seen += binCount[lastBin];
      seenMass += binWeight[lastBin];
      if (seen >= k || (byMass && seenMass >= params.topP() * total)) {
        break;
      }
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
    double mass = params.topP() * (byMass ? total : keptTotal);
    double sum = 0;
    for (int i = 0; i < limit && (i == 0 || params.topP() >= 1 || sum < mass); i++) {
      int from = (int) order[i];
      ids[count] = oldIds[from];
      weights[count++] = oldWeights[from];
      sum += oldWeights[from];
    }
  }

  private static int bin(double weight) {
    return (int) Math.min(BINS - 1, -Math.log(weight) * (BINS / CUTOFF));
  }
}
