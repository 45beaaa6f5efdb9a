package dev.tensafe.batching.draft;

import java.util.List;

/**
 * Guesses how sequences go on. A wrong guess costs time and changes no output. Confined to the
 * engine's thread.
 */
public interface Drafter extends AutoCloseable {
  /**
   * Guesses.
   *
   * @param requests different sequences
   * @return for each request at most its limit of tokens of the vocabulary, in order; none where
   *     nothing can be guessed
   */
  List<int[]> draft(List<DraftRequest> requests);

  /** A sequence has ended: what is kept for it can go. Unknown ones are ignored. */
  void ended(long sequence);

  @Override
  void close();
}
