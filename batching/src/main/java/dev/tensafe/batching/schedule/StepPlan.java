package dev.tensafe.batching.schedule;

import java.util.List;

/**
 * The decision for one step, to be carried out in this order: preempted sequences give back all
 * blocks and start over, every run that begins takes its share of cached blocks, then every run
 * takes its new ones.
 *
 * @param preempted ids of running sequences that go back to waiting
 */
public record StepPlan(List<Run> runs, List<Long> preempted) {
  public StepPlan {
    runs = List.copyOf(runs);
    preempted = List.copyOf(preempted);
  }

  boolean isEmpty() {
    return runs.isEmpty() && preempted.isEmpty();
  }

  /**
   * One sequence's share of the step.
   *
   * @param tokens how many tokens to run, from its first uncomputed one; what goes beyond its own
   *     are drafts
   * @param cachedBlocks blocks of the cache to begin with
   * @param newBlocks blocks to take before running
   * @param logitRows of how many of the last tokens logits are needed
   */
  public record Run(long id, int tokens, int cachedBlocks, int newBlocks, int logitRows) {
    /** A run that begins with nothing, or goes on. */
    public Run(long id, int tokens, int newBlocks, int logitRows) {
      this(id, tokens, 0, newBlocks, logitRows);
    }
  }
}
