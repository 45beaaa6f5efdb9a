package dev.tensafe.server.metrics;

import dev.tensafe.batching.engine.Engine;
import dev.tensafe.batching.engine.EngineStatus;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.lora.registry.RegistryStats;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * What /metrics shows of adapters. At most {@value #MAX_NAMES} of them have labels of their own at
 * a time; the others count together as {@value #OTHER}, which is no adapter's name. Thread-safe.
 */
public final class AdapterMetrics {
  static final int MAX_NAMES = 100;
  static final String OTHER = "_other";

  private final MeterRegistry registry;
  private final Engine engine;
  private final int maxRunning;
  private final Optional<AdapterRegistry> adapters;
  private final Clock clock;
  private final MultiGauge requestsInfo;
  private final Map<String, AdapterUsage> usages = new HashMap<>();

  AdapterMetrics(
      MeterRegistry registry,
      Engine engine,
      int maxRunning,
      Optional<AdapterRegistry> adapters,
      Clock clock) {
    this.registry = registry;
    this.engine = engine;
    this.maxRunning = maxRunning;
    this.adapters = adapters;
    this.clock = clock;
    this.requestsInfo = MultiGauge.builder("vllm:lora_requests_info").register(registry);
    adapters.ifPresent(this::bind);
  }

  private void bind(AdapterRegistry from) {
    gauge(from, "tensafe_adapters_registered", RegistryStats::registered);
    gauge(from, "tensafe_adapters_resident", RegistryStats::resident);
    gauge(from, "tensafe_adapter_memory_bytes", RegistryStats::residentBytes);
    gauge(from, "tensafe_adapter_memory_limit_bytes", RegistryStats::capacityBytes);
    counter(from, "tensafe_adapter_loads", RegistryStats::loads);
    counter(from, "tensafe_adapter_evictions", RegistryStats::evictions);
    counter(from, "tensafe_adapter_failed_loads", RegistryStats::failedLoads);
  }

  private void gauge(AdapterRegistry from, String name, ToDoubleFunction<RegistryStats> value) {
    Gauge.builder(name, from, r -> value.applyAsDouble(r.stats())).register(registry);
  }

  private void counter(AdapterRegistry from, String name, ToDoubleFunction<RegistryStats> value) {
    FunctionCounter.builder(name, from, r -> value.applyAsDouble(r.stats())).register(registry);
  }

  /** Counts a refused package. */
  public void refused(String code) {
    Counter.builder("tensafe_adapter_refused_packages")
        .tag("reason", code)
        .register(registry)
        .increment();
  }

  /** Where requests of an adapter are counted; empty for the base model, which is not. */
  public synchronized AdapterUsage usage(Optional<String> adapter) {
    if (adapter.isEmpty()) {
      return AdapterUsage.NONE;
    }
    String label =
        usages.containsKey(adapter.get()) || usages.size() < MAX_NAMES ? adapter.get() : OTHER;
    return usages.computeIfAbsent(label, name -> AdapterUsage.of(registry, name));
  }

  /** Makes room for another name once an adapter is removed. */
  public synchronized void forget(String adapter) {
    AdapterUsage usage = usages.remove(adapter);
    if (usage != null) {
      usage.removeFrom(registry);
    }
  }

  /** Brings up to date what is not a number: called before each scrape. */
  void refresh() {
    Map<Long, String> names = adapters.map(AdapterRegistry::inUse).orElse(Map.of());
    EngineStatus status = engine.status();
    String running = names(status.runningAdapters(), names);
    Set<Long> waiting =
        names.keySet().stream()
            .filter(handle -> !status.runningAdapters().contains(handle))
            .collect(Collectors.toSet());
    requestsInfo.register(
        List.of(
            MultiGauge.Row.of(
                Tags.of(
                    "max_lora",
                    Integer.toString(maxRunning),
                    "running_lora_adapters",
                    running,
                    "waiting_lora_adapters",
                    names(waiting, names)),
                clock.millis() / 1000.0)),
        true);
  }

  private static String names(Set<Long> handles, Map<Long, String> names) {
    return handles.stream()
        .map(names::get)
        .filter(name -> name != null)
        .sorted()
        .distinct()
        .limit(MAX_NAMES)
        .collect(Collectors.joining(","));
  }
}
