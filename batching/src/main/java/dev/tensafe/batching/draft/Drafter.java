package dev.tensafe.batching.draft;

import java.util.List;

/**
 * Guesses how sequences go on. A wrong guess costs time and changes no output. One that throws or
 * breaks the contract of {@link #draft} is asked no more. Confined to the engine's thread.
 */
public interface Drafter extends AutoCloseable {
  /**
   * Guesses.
   *
   * @param requests different sequences
   * @return for each request, in their order, at most its limit of tokens of the vocabulary; {@link
   *     Draft#NONE} where nothing can be guessed
   */
  List<Draft> draft(List<DraftRequest> requests);

  /** A sequence has ended: what is kept for it can go. Unknown ones are ignored. */
  void ended(long sequence);

  /** Called once, after everything else. */
  @Override
  void close();
}
