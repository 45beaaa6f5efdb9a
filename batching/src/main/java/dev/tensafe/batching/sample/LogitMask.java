package dev.tensafe.batching.sample;

import java.util.List;

/**
 * Constrains which tokens one sequence may generate next. Its state follows the sequence's
 * generated tokens and nothing else: {@link #accept} after each, {@link #rewind} for those that are
 * dropped again. Computing a preempted sequence again does not touch it. Confined to one thread.
 */
public interface LogitMask {
  /** Allows everything. */
  LogitMask NONE = new MaskChain(List.of());

  /** Whether {@link #apply} would change any logits now. */
  boolean active();

  /**
   * Changes the logits of the next token.
   *
   * @param logits with penalties applied
   */
  void apply(AdjustedRow logits);

  /** A token was generated. */
  void accept(int token);

  /**
   * The last tokens were dropped.
   *
   * @param tokens at most as many as were accepted and not dropped
   */
  void rewind(int tokens);
}
