package dev.tensafe.batching.schedule;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Iteration-level scheduling (Yu et al., Orca, OSDI 2022) with chunked prefill (Agrawal et al.,
 * Sarathi-Serve, arXiv:2403.02310) and preemption by recomputation. A pure function: the same state
 * gives the same plan, nothing is changed.
 *
 * <p>Sequences are ranked by priority, aged by waiting, then by arrival. Running ones come first:
 * each that decodes gets its token, prompts share what is left of the budget of tokens and of rows
 * of logits (a prompt that is scored needs one per token). The budget is smaller while others
 * decode, so that their next tokens do not wait for long. When blocks run out the lowest-ranked
 * running sequence gives all of its up, so the highest-ranked always advances and every sequence
 * ends. Then waiting ones are admitted, each with blocks for everything it knows; none overtakes
 * one that does not fit yet. Whose turn it is, and who gives way to whom, is described with the
 * package: fairness.
 */
public final class Scheduler {
  private Scheduler() {}

  /**
   * Decides one step.
   *
   * @param sequences all unfinished sequences, in any order
   * @param freeBlocks blocks that can be given out: free or evictable
   * @param served virtual tokens each of their flows was served
   */
  public static StepPlan plan(
      SchedulerConfig config,
      List<SequenceState> sequences,
      int freeBlocks,
      ToLongFunction<String> served) {
    Comparator<SequenceState> byRank =
        Comparator.<SequenceState>comparingLong(s -> s.rank(config))
            .thenComparingLong(SequenceState::arrival);
    List<SequenceState> running = new ArrayList<>();
    List<SequenceState> waiting = new ArrayList<>();
    sequences.stream().sorted(byRank).forEach(s -> (s.running() ? running : waiting).add(s));
    int decoding = (int) running.stream().filter(s -> s.pending() == 1).count();
    Planner planner = new Planner(config, freeBlocks, decoding);
    WaitingFlows flows = new WaitingFlows(waiting, served);
    if (!flows.isEmpty()) {
      planner.makeWay(flows, running, served);
    }
    planner.continueRunning(running);
    if (planner.preempted.isEmpty()) {
      planner.admit(flows, running.size());
    }
    return new StepPlan(planner.runs, planner.preempted);
  }

  private static final class Planner {
    private final SchedulerConfig config;
    private final List<StepPlan.Run> runs = new ArrayList<>();
    private final List<Long> preempted = new ArrayList<>();
    private int free;
    private int budget;
    private int rows;

    Planner(SchedulerConfig config, int freeBlocks, int decoding) {
      this.config = config;
      this.free = freeBlocks;
      this.budget = config.tokensBeside(decoding);
      this.rows = config.logitRowsPerStep();
    }

    /**
     * Admits the next waiting sequence in place of running ones of flows that are too far ahead, if
     * that is the only way; removes those from {@code running}.
     */
    void makeWay(WaitingFlows waiting, List<SequenceState> running, ToLongFunction<String> served) {
      SequenceState next = waiting.first();
      int needed = config.blocksFor(next.tokens());
      boolean slot = running.size() < config.maxRunning();
      if (slot && needed <= free) {
        return;
      }
      long limit = WaitingFlows.key(next, served) + config.fairnessTokens();
      List<SequenceState> ahead =
          running.stream()
              .filter(s -> WaitingFlows.key(s, served) > limit && !s.flow().equals(next.flow()))
              .sorted(
                  Comparator.<SequenceState>comparingLong(s -> -WaitingFlows.key(s, served))
                      .thenComparingLong(s -> -s.arrival()))
              .toList();
      List<SequenceState> victims = new ArrayList<>();
      int available = free;
      for (SequenceState s : ahead) {
        if ((slot || !victims.isEmpty()) && needed <= available) {
          break;
        }
        victims.add(s);
        available += s.blocks();
      }
      if (victims.isEmpty() || needed > available) {
        return;
      }
      victims.forEach(s -> preempted.add(s.id()));
      running.removeAll(victims);
      free = available;
      int decodes = (int) running.stream().filter(s -> s.pending() == 1).count();
      run(next, within(next, decodes), needed);
    }

    void continueRunning(List<SequenceState> ranked) {
      Deque<SequenceState> queue = new ArrayDeque<>(ranked);
      int decodesLeft = (int) ranked.stream().filter(s -> s.pending() == 1).count();
      while (!queue.isEmpty()) {
        SequenceState s = queue.pollFirst();
        boolean decode = s.pending() == 1;
        if (decode) {
          decodesLeft--;
        }
        int tokens = within(s, decode ? 0 : decodesLeft);
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

    void admit(WaitingFlows waiting, int runningCount) {
      for (int count = runningCount; !waiting.isEmpty(); count++) {
        SequenceState s = waiting.first();
        int needed = config.blocksFor(s.tokens());
        int tokens = within(s, 0);
        if (count >= config.maxRunning() || tokens <= 0 || needed > free) {
          return;
        }
        waiting.admitted(s);
        run(s, tokens, needed);
      }
    }

    /**
     * Tokens a sequence may run next to {@code decodes} others with one token and one row each.
     * Both limits are at least maxRunning, so reserving their share never goes below zero.
     */
    private int within(SequenceState s, int decodes) {
      return Math.min(budget - decodes, s.tokensWithin(rows - decodes));
    }

    private void run(SequenceState s, int tokens, int newBlocks) {
      int logitRows = s.logitRows(tokens);
      runs.add(new StepPlan.Run(s.id(), tokens, newBlocks, logitRows));
      free -= newBlocks;
      budget -= tokens;
      rows -= logitRows;
    }
  }
}
