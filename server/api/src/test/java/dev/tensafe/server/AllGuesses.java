package dev.tensafe.server;

import dev.tensafe.batching.draft.Draft;
import dev.tensafe.batching.draft.DraftPolicy;
import java.util.List;

/** Runs so many guesses in each sequence whenever it can, whatever that costs. */
record AllGuesses(int most) implements DraftPolicy {
  @Override
  public int[] limits(List<Candidate> candidates, int rows) {
    return candidates.stream().mapToInt(c -> rows == 0 ? 0 : Math.min(c.room(), most)).toArray();
  }

  @Override
  public int[] choose(List<Candidate> candidates, List<Draft> drafts, int rows) {
    return drafts.stream().mapToInt(Draft::length).toArray();
  }

  @Override
  public void verified(Candidate candidate, Draft draft, int accepted, boolean refuted) {}

  @Override
  public void stepped(int rows, int guesses, long verifyNanos) {}

  @Override
  public void ended(long id) {}
}
