package dev.tensafe.batching.draft;

import java.util.List;

/**
 * Decides how many tokens are guessed. Before a step in which all sequences decode: {@link #limits}
 * says how many to ask the drafter for, {@link #read} and {@link #drafted} what that took, {@link
 * #choose} how many of what it gave are run. After it: {@link #verified} for each sequence whose
 * guesses ran, then {@link #stepped}, or {@link #waited} where no guess could run. Confined to the
 * engine's thread.
 */
public interface DraftPolicy {
  /**
   * A sequence that could run guesses.
   *
   * @param id the engine's
   * @param room guesses it can take at most, at least 1
   * @param whole whether all that is asked for runs, whatever is guessed
   */
  record Candidate(long id, int room, boolean whole) {}

  /**
   * How many tokens to ask for.
   *
   * @param rows tokens of the step without guesses; 0 when no guess can be run, since others wait
   *     or prompts are computed
   * @return for each candidate at most its room
   */
  int[] limits(List<Candidate> candidates, int rows);

  /**
   * The drafter has taken in tokens of sequences, before it is asked.
   *
   * @param tokens how many, at least 1
   */
  default void read(int tokens, long nanos) {}

  /**
   * The drafter was asked.
   *
   * @param tokens it was asked for, at least 1; fewer than the limits where sequences have not been
   *     read yet
   * @param nanos what it took, without the reading
   */
  default void drafted(int tokens, long nanos) {}

  /**
   * How many of the guesses to run.
   *
   * @param candidates those that were asked for guesses
   * @param drafts what was guessed for each
   * @return for each at most the length of its draft, so many of its first tokens are run; of one
   *     that runs whole, its length
   */
  int[] choose(List<Candidate> candidates, List<Draft> drafts, int rows);

  /**
   * What became of a sequence's guesses.
   *
   * @param accepted so many of the first tokens were right
   * @param refuted whether the one after them was wrong; otherwise nothing is known of it
   */
  void verified(Candidate candidate, Draft draft, int accepted, boolean refuted);

  /**
   * A step is over, in which all sequences decoded.
   *
   * @param rows tokens that ran, guesses included
   * @param verifyNanos time of the model and of the sampling
   */
  void stepped(int rows, int guesses, long verifyNanos);

  /** A step is over, in which no guess could run, since prompts were computed or others waited. */
  default void waited(long nanos) {}

  /** A sequence has ended. */
  void ended(long id);
}
