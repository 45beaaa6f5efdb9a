package dev.tensafe.batching.engine;

import java.util.List;

/**
 * The guesses of one step.
 *
 * @param drafts sequences with guesses
 * @param tokens guesses that ran
 * @param accepted for each place of a guess behind its sequence's last token, how many were right
 */
public record DraftCounts(int drafts, int tokens, List<Integer> accepted) {
  /** A step without guesses. */
  public static final DraftCounts NONE = new DraftCounts(0, 0, List.of());

  public DraftCounts {
    accepted = List.copyOf(accepted);
  }
}
