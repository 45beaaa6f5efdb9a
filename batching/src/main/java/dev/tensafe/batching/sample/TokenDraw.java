package dev.tensafe.batching.sample;

import dev.tensafe.nativelib.logits.LogitScan;
import java.nio.FloatBuffer;

/**
 * Draws a token from a row of logits, and looks closely only at tokens that can be drawn. The token
 * is the one that plain sums over the whole row in the order of ids lead to. Where a sum is
 * gathered in another order, rounding could turn a comparison; those nearer than the bound of the
 * rounding are left to the plain sums ({@link #whole}). Confined to one thread.
 */
final class TokenDraw {
  /** By so much, relatively, rows are searched beyond what the rounding of distances may hide. */
  private static final double SLACK = 1e-9;

  /** With top-p, tokens 4 temperatures below the best are looked at, then 2 more at a time. */
  private static final int FIRST_BINS = Candidates.BINS / 10;

  private static final int MORE_BINS = Candidates.BINS / 20;

  /** More than one in so many tokens of the vocabulary are not worth being found first. */
  private static final int FEW = 8;

  private final LogitScan scan;
  private final Candidates candidates = new Candidates();

  TokenDraw(LogitScan scan) {
    this.scan = scan;
  }

  /**
   * Draws a token.
   *
   * @param logits {@code [vocab]}, none of them NaN
   * @param max the greatest, not infinite
   * @param params with a temperature above 0
   * @param uniform in [0, 1)
   */
  int draw(FloatBuffer logits, float max, SamplingParams params, double uniform) {
    if (params.topK() > scan.vocabSize() / FEW) {
      return whole(logits, max, params, uniform);
    }
    if (params.topK() > 0) {
      return amongTopK(logits, max, params, uniform);
    }
    if (params.topP() < 1) {
      return amongTopP(logits, max, params, uniform);
    }
    if (params.minP() > 0 && params.minP() <= 1) {
      // what is lighter does not count
      double distance = (SLACK - Math.log(params.minP())) * params.temperature();
      collect(logits, max, params, distance);
      return candidates.draw(params.minP(), uniform);
    }
    return amongAll(logits, max, params, uniform);
  }

  /** The bins up to that of the k-th best token hold all that top-k may keep. */
  private int amongTopK(FloatBuffer logits, float max, SamplingParams params, double uniform) {
    int found = scan.best(logits, params.topK());
    double last = (double) max - logits.get(scan.id(found - 1));
    int bins = Candidates.bin(Candidates.weight(last, params.temperature())) + 1;
    collect(logits, max, params, Candidates.reach(bins, params.temperature()));
    candidates.keepLikely(params, bins, 0, 0);
    return candidates.draw(params.minP(), uniform);
  }

  private int amongTopP(FloatBuffer logits, float max, SamplingParams params, double uniform) {
    double total = scan.weigh(logits, max, params.temperature());
    Candidates.Cut cut = total >= 1 ? Candidates.Cut.BEYOND : Candidates.Cut.DOUBTFUL;
    for (int bins = FIRST_BINS; cut == Candidates.Cut.BEYOND; bins += MORE_BINS) {
      int found = collect(logits, max, params, Candidates.reach(bins, params.temperature()));
      if (found > scan.vocabSize() / FEW || bins >= Candidates.BINS) {
        break;
      }
      cut = candidates.keepLikely(params, bins, total, doubt(total));
    }
    return cut == Candidates.Cut.SURE
        ? candidates.draw(params.minP(), uniform)
        : whole(logits, max, params, uniform);
  }

  /** Looks for the block of logits that the draw falls into, then for the token there. */
  private int amongAll(FloatBuffer logits, float max, SamplingParams params, double uniform) {
    double temperature = params.temperature();
    double total = scan.weigh(logits, max, temperature);
    double target = uniform * total;
    double before = 0;
    int block = 0;
    int first = 0;
    while (first < scan.vocabSize() && before + scan.weight(block) <= target) {
      before += scan.weight(block++);
      first += LogitScan.BLOCK;
    }
    int end = Math.min(first + LogitScan.BLOCK, scan.vocabSize());
    for (int id = first; id < end; id++) {
      double distance = (double) max - logits.get(id);
      if (distance < LogitScan.REACH * temperature) {
        double after = before + Candidates.weight(distance, temperature);
        if (after > target) {
          boolean sure = total >= 1 && Math.min(after - target, target - before) > doubt(total);
          return sure ? id : whole(logits, max, params, uniform);
        }
        before = after;
      }
    }
    return whole(logits, max, params, uniform);
  }

  private int whole(FloatBuffer logits, float max, SamplingParams params, double uniform) {
    collect(logits, max, params, Double.POSITIVE_INFINITY);
    if (params.topK() > 0 || params.topP() < 1) {
      candidates.keepLikely(params, Candidates.BINS, candidates.total(), 0);
    }
    return candidates.draw(params.minP(), uniform);
  }

  /** Collects all tokens that are less than a distance below the maximum, and maybe some more. */
  private int collect(FloatBuffer logits, float max, SamplingParams params, double distance) {
    float threshold = Math.nextDown((float) (max - distance * (1 + SLACK)));
    int found = scan.above(logits, threshold);
    candidates.collect(scan, found, logits, max, params.temperature());
    return found;
  }

  /**
   * How far sums of the row's weights may be apart. A sum of n positive numbers is off by at most
   * n·2⁻⁵³ of itself (Higham, "Accuracy and Stability of Numerical Algorithms", section 4.2), and
   * the draw subtracts as many again; twice that, and 1e-12 for the exponentials.
   */
  private double doubt(double total) {
    return total * (scan.vocabSize() + 4096L) * 0x1p-51;
  }
}
