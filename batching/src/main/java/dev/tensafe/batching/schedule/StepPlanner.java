package dev.tensafe.batching.schedule;

import dev.tensafe.batching.cache.BlockKey;
import dev.tensafe.batching.cache.CachedPrefix;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** One plan in the making: what it has given out of blocks, tokens and rows. Used once. */
final class StepPlanner {
  private final SchedulerConfig config;
  private final CacheView cache;
  private final Shares shares;
  private final Set<String> paused;
  private final List<StepPlan.Run> runs = new ArrayList<>();
  private final Set<Long> runIds = new HashSet<>();
  private final List<Long> preempted = new ArrayList<>();
  private int free;
  private int freed;
  private int budget;
  private int rows;

  /**
   * @param paused tenants whose running sequences keep what they have and do not run
   */
  StepPlanner(
      SchedulerConfig config,
      CacheView cache,
      Shares shares,
      Set<String> paused,
      List<SequenceState> running) {
    this.config = config;
    this.cache = cache;
    this.shares = shares;
    this.paused = paused;
    this.free = cache.available();
    this.budget = config.tokensBeside(decodes(running));
    this.rows = config.logitRowsPerStep();
  }

  private boolean pauses(SequenceState s) {
    return paused.contains(Shares.tenant(s.flow()));
  }

  private boolean decodes(SequenceState s) {
    return s.pending() == 1 && !pauses(s);
  }

  private int decodes(List<SequenceState> sequences) {
    return (int) sequences.stream().filter(this::decodes).count();
  }

  boolean preempts() {
    return !preempted.isEmpty();
  }

  StepPlan plan() {
    return new StepPlan(runs, preempted);
  }

  /**
   * Admits the next waiting sequence in place of running ones of flows that are too far ahead, if
   * that is the only way; removes those from {@code running}. What one of them is computing for it
   * comes first: it waits for that.
   */
  void makeWay(WaitingFlows waiting, List<SequenceState> running) {
    SequenceState next = waiting.first();
    int needed = config.blocksFor(next.tokens());
    CachedPrefix prefix = cache.prefix(next.id(), List.of());
    boolean slot = running.size() < config.maxRunning();
    boolean fits = slot && needed - prefix.held() <= free;
    if (fits || running.stream().anyMatch(s -> s.id() == prefix.maker())) {
      return;
    }
    List<SequenceState> ahead =
        running.stream()
            .filter(s -> !s.flow().equals(next.flow()))
            .filter(s -> WaitingFlows.lead(s, next, shares) > config.fairnessTokens())
            .sorted(
                Comparator.<SequenceState>comparingDouble(s -> -WaitingFlows.lead(s, next, shares))
                    .thenComparingLong(s -> -s.arrival()))
            .toList();
    List<SequenceState> victims = new ArrayList<>();
    List<Long> ids = new ArrayList<>();
    for (SequenceState s : ahead) {
      victims.add(s);
      ids.add(s.id());
      fits = needed - cache.prefix(next.id(), ids).held() <= free + cache.freedBy(ids);
      if (fits) {
        break;
      }
    }
    if (!fits) {
      return;
    }
    int lifted = prefix.blocks() - cache.prefix(next.id(), ids).held();
    ids.forEach(this::preempt);
    running.removeAll(victims);
    SequenceState resumed = next.resumedAt(prefix.blocks() * config.blockSize());
    free -= lifted;
    run(resumed, within(resumed, decodes(running)), prefix.blocks(), needed - prefix.blocks());
  }

  void continueRunning(List<SequenceState> ranked) {
    Deque<SequenceState> queue = new ArrayDeque<>(ranked);
    int decodesLeft = decodes(ranked);
    boolean prompts = ranked.stream().anyMatch(s -> s.pending() > 1 && !pauses(s));
    while (!queue.isEmpty()) {
      SequenceState s = queue.pollFirst();
      if (pauses(s)) {
        continue;
      }
      boolean decode = s.pending() == 1;
      if (decode) {
        decodesLeft--;
      }
      int tokens = within(s, decode ? 0 : decodesLeft);
      if (tokens <= 0) {
        continue;
      }
      int needed = newBlocks(s, tokens);
      boolean fits = true;
      while (free < needed && fits) {
        SequenceState victim = queue.isEmpty() ? s : queue.pollLast();
        preempt(victim.id());
        if (decodes(victim) && victim.id() != s.id()) {
          decodesLeft--;
        }
        fits = victim.id() != s.id();
      }
      if (fits) {
        int drafts = decode && !prompts ? drafts(s, decodesLeft) : 0;
        run(s, tokens + drafts, 0, newBlocks(s, tokens + drafts));
      }
    }
  }

  /** Drafts of a decoding sequence that cost nobody else a token, a row or a block. */
  private int drafts(SequenceState s, int decodesLeft) {
    int most = Math.min(s.drafts(), Math.min(budget, rows) - 1 - decodesLeft);
    while (most > 0 && newBlocks(s, 1 + most) + decodesLeft > free) {
      most--;
    }
    return Math.max(0, most);
  }

  private int newBlocks(SequenceState s, int tokens) {
    return Math.max(0, config.blocksFor(s.computed() + tokens) - s.blocks());
  }

  private void preempt(long id) {
    preempted.add(id);
    int all = cache.freedBy(preempted);
    free += all - freed;
    freed = all;
  }

  void admit(WaitingFlows waiting, int runningCount) {
    Set<BlockKey> begun = new HashSet<>();
    int postponed = 0;
    for (int count = runningCount; !waiting.isEmpty(); ) {
      SequenceState s = waiting.first();
      CachedPrefix prefix = cache.prefix(s.id(), List.of());
      if (comes(prefix, begun) && postponed++ < config.maxRunning()) {
        waiting.postponed(s);
        continue;
      }
      SequenceState resumed = s.resumedAt(prefix.blocks() * config.blockSize());
      int needed = config.blocksFor(s.tokens()) - prefix.blocks();
      int lifted = prefix.blocks() - prefix.held();
      int tokens = within(resumed, 0);
      if (count >= config.maxRunning() || tokens <= 0 || needed + lifted > free) {
        return;
      }
      waiting.admitted(resumed);
      if (prefix.missing() != null) {
        begun.add(prefix.missing());
      }
      free -= lifted;
      run(resumed, tokens, prefix.blocks(), needed);
      count++;
    }
  }

  /** Whether another sequence of this step is about to compute what this one needs next. */
  private boolean comes(CachedPrefix prefix, Set<BlockKey> begun) {
    return runIds.contains(prefix.maker()) || begun.contains(prefix.missing());
  }

  /**
   * Tokens a sequence may run next to {@code decodes} others with one token and one row each. Both
   * limits are at least maxRunning, so reserving their share never goes below zero.
   */
  private int within(SequenceState s, int decodes) {
    return Math.min(budget - decodes, s.tokensWithin(rows - decodes));
  }

  private void run(SequenceState s, int tokens, int cachedBlocks, int newBlocks) {
    int logitRows = s.logitRows(tokens);
    runs.add(new StepPlan.Run(s.id(), tokens, cachedBlocks, newBlocks, logitRows));
    runIds.add(s.id());
    free -= newBlocks;
    budget -= tokens;
    rows -= logitRows;
  }
}
