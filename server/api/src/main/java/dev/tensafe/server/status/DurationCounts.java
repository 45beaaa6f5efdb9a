package dev.tensafe.server.status;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How many durations fell between which bounds, since start. The bounds grow by a quarter each,
 * from half a millisecond to ten minutes, so that a percentile read from two readings' difference
 * is right within a quarter. Thread-safe.
 */
public final class DurationCounts {
  private static final double FIRST_SECONDS = 0.0005;
  private static final double GROWTH = 1.25;
  private static final int BOUNDS = 64;
  private static final double[] SECONDS = bounds();

  private final AtomicLongArray counts = new AtomicLongArray(BOUNDS + 1);
  private final AtomicLong sumNanos = new AtomicLong();

  private static double[] bounds() {
    double[] seconds = new double[BOUNDS];
    double next = FIRST_SECONDS;
    for (int i = 0; i < BOUNDS; i++) {
      // few digits: they are sent with every answer
      seconds[i] = Math.round(next * 1e6) / 1e6;
      next *= GROWTH;
    }
    return seconds;
  }

  /** Upper bounds in seconds, ascending; the last count is of what is beyond all of them. */
  public static double[] boundsSeconds() {
    return SECONDS.clone();
  }

  void record(long nanos) {
    double seconds = nanos / 1e9;
    int low = 0;
    int high = BOUNDS;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (seconds <= SECONDS[middle]) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    counts.incrementAndGet(low);
    sumNanos.addAndGet(nanos);
  }

  /** [bounds + 1], of each its own, not those below it. */
  public long[] counts() {
    long[] out = new long[counts.length()];
    for (int i = 0; i < out.length; i++) {
      out[i] = counts.get(i);
    }
    return out;
  }

  public double sumSeconds() {
    return sumNanos.get() / 1e9;
  }
}
