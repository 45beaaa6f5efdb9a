package dev.tensafe.bench.tssp;

import java.util.Arrays;

/** Timed repetitions. */
final class Median {
  private Median() {}

  /** Something to time. */
  interface Work {
    void run() throws Exception;
  }

  /** Median nanoseconds of one call, of {@code repetitions} after a third as many to warm up. */
  static double nanos(int repetitions, Work work) throws Exception {
    for (int i = 0; i < (repetitions + 2) / 3; i++) {
      work.run();
    }
    long[] times = new long[repetitions];
    for (int i = 0; i < repetitions; i++) {
      long start = System.nanoTime();
      work.run();
      times[i] = System.nanoTime() - start;
    }
    Arrays.sort(times);
    return times[repetitions / 2];
  }
}
