package dev.tensafe.batching.schedule;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;

/**
 * Iteration-level scheduling (Yu et al., Orca, OSDI 2022) with chunked prefill (Agrawal et al.,
 * Sarathi-Serve, arXiv:2403.02310) and preemption by recomputation. A pure function: the same state
 * gives the same plan, nothing is changed.
 *
 * <p>Sequences are ranked by priority, aged by waiting, then by arrival. Running ones come first:
 * each that decodes gets its token, prompts share what is left of the budget. When blocks run out
 * the lowest-ranked running sequence gives all of its up, so the highest-ranked always advances and
 * every sequence ends. Then waiting ones are admitted strictly in rank order, each with blocks for
 * everything it knows; none overtakes one that does not fit yet.
 */
public final class Scheduler {
  private Scheduler() {}

  /**
   * Decides one step.
   *
   * @param sequences all unfinished sequences, in any order
   * @param freeBlocks blocks no sequence holds
   */
  public static StepPlan plan(
      SchedulerConfig config, List<SequenceState> sequences, int freeBlocks) {
    Comparator<SequenceState> byRank =
        Comparator.<SequenceState>comparingLong(s -> s.rank(config))
            .thenComparingLong(SequenceState::arrival);
    List<SequenceState> running = new ArrayList<>();
    List<SequenceState> waiting = new ArrayList<>();
    sequences.stream().sorted(byRank).forEach(s -> (s.running() ? running : waiting).add(s));
    Planner planner = new Planner(config, freeBlocks);
    planner.continueRunning(running);
    if (planner.preempted.isEmpty()) {
      planner.admit(waiting, running.size());
    }
    return new StepPlan(planner.runs, planner.preempted);
  }

  private static final class Planner {
    private final SchedulerConfig config;
    private final List<StepPlan.Run> runs = new ArrayList<>();
    private final List<Long> preempted = new ArrayList<>();
    private int free;
    private int budget;

    Planner(SchedulerConfig config, int freeBlocks) {
      this.config = config;
      this.free = freeBlocks;
      this.budget = config.tokensPerStep();
    }

    void continueRunning(List<SequenceState> ranked) {
      Deque<SequenceState> queue = new ArrayDeque<>(ranked);
      long decodesLeft = ranked.stream().filter(s -> s.pending() == 1).count();
      while (!queue.isEmpty()) {
        SequenceState s = queue.pollFirst();
        boolean decode = s.pending() == 1;
        if (decode) {
          decodesLeft--;
        }
        // budget ≥ maxRunning ≥ decodes: reserving their share never goes below zero
        int tokens = (int) Math.min(s.pending(), budget - (decode ? 0 : decodesLeft));
        if (tokens <= 0) {
          continue;
        }
        int needed = Math.max(0, config.blocksFor(s.computed() + tokens) - s.blocks());
        boolean fits = true;
        while (free < needed && fits) {
          SequenceState victim = queue.isEmpty() ? s : queue.pollLast();
          preempted.add(victim.id());
          free += victim.blocks();
          if (victim.pending() == 1 && victim.id() != s.id()) {
            decodesLeft--;
          }
          fits = victim.id() != s.id();
        }
        if (fits) {
          run(s, tokens, needed);
        }
      }
    }

    void admit(List<SequenceState> ranked, int runningCount) {
      int count = runningCount;
      for (SequenceState s : ranked) {
        int needed = config.blocksFor(s.tokens());
        if (count >= config.maxRunning() || budget <= 0 || needed > free) {
          return;
        }
        run(s, Math.min(s.pending(), budget), needed);
        count++;
      }
    }

    private void run(SequenceState s, int tokens, int newBlocks) {
      runs.add(new StepPlan.Run(s.id(), tokens, newBlocks));
      free -= newBlocks;
      budget -= tokens;
    }
  }
}
