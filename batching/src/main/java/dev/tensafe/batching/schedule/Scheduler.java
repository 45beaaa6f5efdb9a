package dev.tensafe.batching.schedule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Iteration-level scheduling (Yu et al., Orca, OSDI 2022) with chunked prefill (Agrawal et al.,
 * Sarathi-Serve, arXiv:2403.02310) and preemption by recomputation. A pure function: the same state
 * gives the same plan, nothing is changed.
 *
 * <p>Sequences are ranked by priority, aged by waiting, then by arrival. Running ones come first:
 * each that decodes gets its token, and its drafts where there is room that nobody else wants.
 * Prompts share what is left of the budget of tokens and of rows of logits (a prompt that is scored
 * needs one per token). The budget is smaller while others decode, so that their next tokens do not
 * wait for long. When blocks run out the lowest-ranked running sequence gives all of its up, so the
 * highest-ranked always advances and every sequence ends. Then waiting ones are admitted, each with
 * blocks for everything it knows, less what the cache has of it; none overtakes one that does not
 * fit yet. One whose next block is being computed by another waits for it, as long as that other
 * runs in that step. Sequences of a tenant that leaves the step to others keep their blocks and do
 * not run, unless nothing else could. Whose turn it is, and who gives way to whom, is described
 * with the package: fairness.
 */
public final class Scheduler {
  private Scheduler() {}

  /**
   * Decides one step.
   *
   * @param sequences all unfinished sequences, in any order
   * @param cache what is free, and what is there of those that wait
   * @param shares who was served what
   */
  public static StepPlan plan(
      SchedulerConfig config, List<SequenceState> sequences, CacheView cache, Shares shares) {
    Comparator<SequenceState> byRank =
        Comparator.<SequenceState>comparingLong(s -> s.rank(config))
            .thenComparingLong(SequenceState::arrival);
    List<SequenceState> running = new ArrayList<>();
    List<SequenceState> waiting = new ArrayList<>();
    sequences.stream().sorted(byRank).forEach(s -> (s.running() ? running : waiting).add(s));
    Set<String> paused =
        shares.paused(
            running.stream().map(s -> Shares.tenant(s.flow())).collect(Collectors.toSet()));
    StepPlan plan = plan(config, running, waiting, cache, shares, paused);
    return paused.isEmpty() || !plan.isEmpty()
        ? plan
        : plan(config, running, waiting, cache, shares, Set.of());
  }

  private static StepPlan plan(
      SchedulerConfig config,
      List<SequenceState> allRunning,
      List<SequenceState> allWaiting,
      CacheView cache,
      Shares shares,
      Set<String> paused) {
    List<SequenceState> running = new ArrayList<>(allRunning);
    StepPlanner planner = new StepPlanner(config, cache, shares, paused, running);
    WaitingFlows flows =
        new WaitingFlows(
            allWaiting.stream().filter(s -> !paused.contains(Shares.tenant(s.flow()))).toList(),
            shares);
    if (!flows.isEmpty()) {
      planner.makeWay(flows, running);
    }
    planner.continueRunning(running);
    if (!planner.preempts()) {
      planner.admit(flows, running.size());
    }
    return planner.plan();
  }
}
