package dev.tensafe.batching.draft;

/** Which guesses may be run for an output. */
public enum Drafting {
  /** None: only tokens that are answered are computed. */
  FORBIDDEN,
  /** As many as are found. */
  FREE,
  /**
   * As many as are asked for, or none: what is missing is filled. For rows that somebody else
   * counts, who is not to learn from their number what the text is like.
   */
  EVEN
}
