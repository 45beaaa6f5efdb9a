package dev.tensafe.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;

/** Counters of one adapter's requests. Thread-safe. */
public final class AdapterUsage {
  /** Counters that are not shown. */
  static final AdapterUsage NONE = of(new SimpleMeterRegistry(), "");

  private final Counter promptTokens;
  private final Counter generatedTokens;
  private final Counter completed;
  private final Counter failed;

  private AdapterUsage(
      Counter promptTokens, Counter generatedTokens, Counter completed, Counter failed) {
    this.promptTokens = promptTokens;
    this.generatedTokens = generatedTokens;
    this.completed = completed;
    this.failed = failed;
  }

  static AdapterUsage of(MeterRegistry registry, String adapter) {
    return new AdapterUsage(
        counter(registry, "tensafe_adapter_tokens", adapter, "type", "prompt"),
        counter(registry, "tensafe_adapter_tokens", adapter, "type", "generation"),
        counter(registry, "tensafe_adapter_requests", adapter, "outcome", "completed"),
        counter(registry, "tensafe_adapter_requests", adapter, "outcome", "failed"));
  }

  private static Counter counter(
      MeterRegistry registry, String name, String adapter, String key, String value) {
    return Counter.builder(name).tag("adapter", adapter).tag(key, value).register(registry);
  }

  void generated(int tokens) {
    generatedTokens.increment(tokens);
  }

  void completed(int prompt) {
    promptTokens.increment(prompt);
    completed.increment();
  }

  void failed() {
    failed.increment();
  }

  void removeFrom(MeterRegistry registry) {
    for (Meter meter : List.of(promptTokens, generatedTokens, completed, failed)) {
      registry.remove(meter);
    }
  }
}
