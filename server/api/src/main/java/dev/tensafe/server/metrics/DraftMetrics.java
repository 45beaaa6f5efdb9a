package dev.tensafe.server.metrics;

import dev.tensafe.batching.engine.DraftCounts;
import dev.tensafe.runtime.metrics.Families;
import io.micrometer.core.instrument.Counter;
import java.util.ArrayList;
import java.util.List;

/** What /metrics shows of guesses, under vLLM's names. Told by the engine's thread. */
final class DraftMetrics {
  private final Families families;
  private final String model;
  private final Counter drafts;
  private final Counter tokens;
  private final Counter accepted;
  private final List<Counter> perPosition = new ArrayList<>();

  DraftMetrics(Families families, String model) {
    this.families = families;
    this.model = model;
    this.drafts = families.counter(VllmFamilies.DRAFTS, model, VllmMetrics.ENGINE);
    this.tokens = families.counter(VllmFamilies.DRAFT_TOKENS, model, VllmMetrics.ENGINE);
    this.accepted = families.counter(VllmFamilies.ACCEPTED_TOKENS, model, VllmMetrics.ENGINE);
  }

  /** Positions count from 0, the first guess; there are as many as guesses have run at once. */
  private Counter position(int position) {
    while (perPosition.size() <= position) {
      perPosition.add(
          families.counter(
              VllmFamilies.ACCEPTED_PER_POSITION,
              model,
              VllmMetrics.ENGINE,
              Integer.toString(perPosition.size())));
    }
    return perPosition.get(position);
  }

  void add(DraftCounts counts) {
    drafts.increment(counts.drafts());
    tokens.increment(counts.tokens());
    for (int i = 0; i < counts.accepted().size(); i++) {
      int right = counts.accepted().get(i);
      accepted.increment(right);
      position(i).increment(right);
    }
  }
}
