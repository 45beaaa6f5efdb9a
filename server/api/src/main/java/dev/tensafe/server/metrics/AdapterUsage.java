package dev.tensafe.server.metrics;

import dev.tensafe.runtime.metrics.Families;
import io.micrometer.core.instrument.Counter;
import java.util.List;

/** Counters of one adapter's requests. Thread-safe. */
public final class AdapterUsage {
  /** Counters that are not shown. */
  static final AdapterUsage NONE = of(new Families(), "");

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

  static AdapterUsage of(Families families, String adapter) {
    return new AdapterUsage(
        families.counter(ServerFamilies.ADAPTER_TOKENS, adapter, "prompt"),
        families.counter(ServerFamilies.ADAPTER_TOKENS, adapter, "generation"),
        families.counter(ServerFamilies.ADAPTER_REQUESTS, adapter, "completed"),
        families.counter(ServerFamilies.ADAPTER_REQUESTS, adapter, "failed"));
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

  void removeFrom(Families families) {
    families.remove(List.of(promptTokens, generatedTokens, completed, failed));
  }
}
