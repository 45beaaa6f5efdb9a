package dev.tensafe.batching.sample;

/**
 * Constrains which tokens one sequence may generate next. Its state follows the sequence's
 * generated tokens and nothing else: {@link #accept} after each, {@link #rewind} for those that are
 * dropped again. Computing a preempted sequence again does not touch it. What takes long can be
 * {@link #prepare prepared} elsewhere; its methods are called by one thread.
 */
public interface LogitMask {
  /** Whether {@link #apply} would change any logits now. */
  boolean active();

  /**
   * Changes the logits of the next token.
   *
   * @param logits with penalties applied
   */
  void apply(AdjustedRow logits);

  /**
   * Begins, on another thread, what {@link #apply} will need for the next token, and for those
   * after each of the guesses in turn. Without it, {@code apply} does everything itself.
   *
   * @param guesses tokens that may come next
   */
  default void prepare(int[] guesses) {}

  /**
   * Waits until what was begun is done.
   *
   * @param nanos to wait at most
   * @return whether it is
   */
  default boolean await(long nanos) {
    return true;
  }

  /** A token was generated. */
  void accept(int token);

  /**
   * The last tokens were dropped.
   *
   * @param tokens at most as many as were accepted and not dropped
   */
  void rewind(int tokens);
}
