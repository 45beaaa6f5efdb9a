package dev.tensafe.batching.engine;

import dev.tensafe.batching.schedule.FairShares;
import dev.tensafe.batching.schedule.LearntCosts;
import dev.tensafe.batching.schedule.SequenceState;
import dev.tensafe.batching.schedule.Shares;
import dev.tensafe.batching.schedule.StepPlan;
import dev.tensafe.batching.schedule.StepWork;
import dev.tensafe.model.exec.AdapterLoad;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongFunction;

/**
 * Charges tenants and flows for what is computed for them. A prompt is promised when its sequence
 * is first scheduled, so that those who wait behind it know, and each step turns what it computed
 * of it from a promise into a charge. Tokens that were in the cache cost nothing, drafts cost what
 * they take, right or wrong; what is computed again after a preemption is not charged to the flow,
 * but its time is the tenant's. Confined to the engine.
 */
final class StepAccount {
  private final FairShares shares;
  private final LongFunction<AdapterLoad> loads;
  private final List<Sequence> ran = new ArrayList<>();
  private StepWork work = new StepWork();

  /**
   * @param loads what an adapter adds to a step
   */
  StepAccount(int fairnessTokens, LongFunction<AdapterLoad> loads) {
    this.shares = new FairShares(new LearntCosts(), fairnessTokens);
    this.loads = loads;
  }

  Shares shares() {
    return shares;
  }

  void arrive(Sequence s) {
    s.loaded(loads.apply(s.request.adapter()));
    shares.arrive(s.request.flow(), s.load());
  }

  void leave(Sequence s) {
    promise(s, 0);
    shares.leave(s.request.flow());
  }

  /** A sequence is scheduled for the first time. */
  void begin(Sequence s) {
    promise(s, shares.promptTokenNanos(s.request.flow()) * (s.promptLength() - s.reached()));
  }

  private void promise(Sequence s, double nanos) {
    shares.promise(s.request.flow(), nanos - s.promised());
    s.promise(nanos);
  }

  /** A sequence is about to run. */
  void runs(Sequence s, StepPlan.Run run) {
    int end = s.computed() + run.tokens();
    int fresh = Math.max(0, end - Math.max(s.computed(), s.reached()));
    work.add(
        new StepWork.Run(
            s.request.flow(),
            s.request.adapter(),
            s.load(),
            s.computed(),
            run.tokens(),
            run.logitRows(),
            (double) fresh / run.tokens()));
    ran.add(s);
  }

  /**
   * A step is over.
   *
   * @param table what is left
   * @return nanoseconds by tenant
   */
  Map<String, Double> settle(long nanos, SequenceTable table) {
    List<SequenceState> now = table.states();
    Set<String> present = new HashSet<>();
    for (SequenceState s : now) {
      if (s.running()) {
        present.add(Shares.tenant(s.flow()));
      }
    }
    for (Sequence s : ran) {
      present.add(Shares.tenant(s.request.flow()));
      if (table.holds(s)) {
        int left = Math.max(0, s.promptLength() - s.reached());
        promise(s, Math.min(s.promised(), shares.promptTokenNanos(s.request.flow()) * left));
      }
    }
    Map<String, Double> times = shares.settle(work, nanos, now, present);
    work = new StepWork();
    ran.clear();
    return times;
  }
}
