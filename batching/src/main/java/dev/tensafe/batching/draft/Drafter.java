package dev.tensafe.batching.draft;

import java.util.BitSet;
import java.util.List;

/**
 * Guesses how sequences go on. A wrong guess costs time and changes no output. One that throws or
 * breaks the contract of {@link #read} or {@link #draft} is asked no more. Confined to the engine's
 * thread.
 */
public interface Drafter extends AutoCloseable {
  /**
   * Takes in what is new of sequences that are about to be asked for guesses, so that the time a
   * prompt takes is not the price of its first guess. A call does a bounded amount of work; what is
   * left is for the next.
   *
   * @param requests different sequences
   */
  default Reading read(List<DraftRequest> requests) {
    BitSet all = new BitSet();
    all.set(0, requests.size());
    return new Reading(all, 0);
  }

  /**
   * What a call of {@link #read} came to.
   *
   * @param ready which sequences, by index, have been taken in so far that they can be asked. It
   *     depends on numbers of tokens and on room, never on what the tokens are
   * @param tokens how many were taken in
   */
  record Reading(BitSet ready, int tokens) {}

  /**
   * What share of the tokens of a grade is likely to be right, as long as nothing was measured;
   * more than 0, less than 1.
   */
  default double assumed(int grade) {
    return 0.5;
  }

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
