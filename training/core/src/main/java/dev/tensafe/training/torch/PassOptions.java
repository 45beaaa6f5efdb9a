package dev.tensafe.training.torch;

/**
 * How passes over examples are made.
 *
 * @param microBatch examples computed together; more are faster where they are short, and need more
 *     memory
 * @param cap logits are bounded to {@code cap·tanh(x/cap)}; 0 for no bound, 50 where one is wanted
 * @param recompute whether a layer is computed again for its gradient, so that memory holds the
 *     values within one layer and not of all: a pass then takes longer by about a forward pass
 */
public record PassOptions(int microBatch, double cap, boolean recompute) {
  public PassOptions {
    if (microBatch < 1) {
      throw new IllegalArgumentException("micro-batch " + microBatch);
    }
    if (!(cap >= 0) || Double.isInfinite(cap)) {
      throw new IllegalArgumentException("cap " + cap);
    }
  }

  /** Without recomputing. */
  public PassOptions(int microBatch, double cap) {
    this(microBatch, cap, false);
  }

  /** Eight examples at a time, no bound. */
  public static PassOptions standard() {
    return new PassOptions(8, 0);
  }
}
