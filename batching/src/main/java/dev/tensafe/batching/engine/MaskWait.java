package dev.tensafe.batching.engine;

/**
 * How long a step may be held up by masks that are not ready. One budget is for all of its
 * sequences together. Confined to the engine.
 */
final class MaskWait {
  /** Nanoseconds that a step of several sequences waits at most. */
  static final long SHARED = 2_000_000;

  /** Nanoseconds that one waits for its own mask, when nobody else is in the step. */
  static final long ALONE = 50_000_000;

  private final Ticker ticker;
  private long deadline;

  MaskWait(Ticker ticker) {
    this.ticker = ticker;
  }

  /** The model has run. */
  void begin(int sequences) {
    deadline = ticker.nanos() + (sequences == 1 ? ALONE : SHARED);
  }

  /** Nanoseconds that may still be waited; 0 when none. */
  long left() {
    return Math.max(0, deadline - ticker.nanos());
  }
}
