package dev.tensafe.server.metrics;

import dev.tensafe.batching.engine.DraftCounts;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;

/** What /metrics shows of guesses, under vLLM's names. Told by the engine's thread. */
final class DraftMetrics {
  private final MeterRegistry registry;
  private final String model;
  private final Counter drafts;
  private final Counter tokens;
  private final Counter accepted;
  private final List<Counter> perPosition = new ArrayList<>();

  DraftMetrics(MeterRegistry registry, String model) {
    this.registry = registry;
    this.model = model;
    this.drafts = counter("vllm:spec_decode_num_drafts");
    this.tokens = counter("vllm:spec_decode_num_draft_tokens");
    this.accepted = counter("vllm:spec_decode_num_accepted_tokens");
  }

  private Counter counter(String name) {
    return Counter.builder(name).tag("model_name", model).register(registry);
  }

  /** Positions count from 0, the first guess; there are as many as guesses have run at once. */
  private Counter position(int position) {
    while (perPosition.size() <= position) {
      perPosition.add(
          Counter.builder("vllm:spec_decode_num_accepted_tokens_per_pos")
              .tag("model_name", model)
              .tag("position", Integer.toString(perPosition.size()))
              .register(registry));
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
