package dev.tensafe.batching.draft;

/**
 * What a drafter takes for a token, one that it reads or one that it is asked for: a mean that
 * forgets, over the median of each measurement and the two before it, so that a call that something
 * else held up, or the first one of all, counts for nothing. Confined to one thread.
 */
final class DraftPrice {
  /** Calls after which the price is known. */
  private static final int ENOUGH = 3;

  /** Calls that the mean remembers. */
  private static final int MEMORY = 8;

  private double mean;
  private double previous;
  private double beforeThat;
  private int count;

  /** Takes in a call for at least one token. */
  void add(int tokens, long nanos) {
    double each = (double) nanos / tokens;
    count++;
    if (count < ENOUGH) {
      mean = count == 1 ? each : Math.min(each, previous);
    } else {
      double usual =
          Math.max(
              Math.min(each, previous), Math.min(Math.max(each, previous), beforeThat)); // median
      mean = count == ENOUGH ? usual : mean + (usual - mean) / MEMORY;
    }
    beforeThat = previous;
    previous = each;
    count = Math.min(count, ENOUGH + 1);
  }

  /**
   * What a call for so many tokens counts for: not more than so many times what is usual, or than a
   * step as long as that is not known.
   */
  double charge(int tokens, long nanos, double times, double step) {
    return Math.min((double) nanos, known() ? times * mean * tokens : step);
  }

  boolean known() {
    return count >= ENOUGH;
  }

  /** Nanoseconds; 0 as long as nothing was measured. */
  double nanos() {
    return mean;
  }
}
