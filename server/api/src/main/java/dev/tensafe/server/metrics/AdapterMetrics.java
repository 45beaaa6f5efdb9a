package dev.tensafe.server.metrics;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.batching.engine.Engine;
import dev.tensafe.batching.engine.EngineStatus;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.lora.registry.RegistryStats;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * The metrics of adapters. At most {@value #MAX_NAMES} of them have labels of their own at a time;
 * the others count together as {@value #OTHER}, which is no adapter's name. Thread-safe.
 */
public final class AdapterMetrics {
  static final int MAX_NAMES = 100;
  static final String OTHER = "_other";

  private final MeterRegistry registry;
  private final Engine engine;
  private final int maxRunning;
  private final Optional<AdapterRegistry> adapters;
  private final Clock clock;

  @GuardedBy("this")
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

  /** The counters for requests of an adapter; empty for the base model, which has none. */
  public synchronized AdapterUsage usage(Optional<String> adapter) {
    if (adapter.isEmpty()) {
      return AdapterUsage.NONE;
    }
    int names = usages.size() - (usages.containsKey(OTHER) ? 1 : 0);
    String label = usages.containsKey(adapter.get()) || names < MAX_NAMES ? adapter.get() : OTHER;
    return usages.computeIfAbsent(label, name -> AdapterUsage.of(registry, name));
  }

  /** Makes room for another name once an adapter is removed. */
  public synchronized void forget(String adapter) {
    AdapterUsage usage = usages.remove(adapter);
    if (usage != null) {
      usage.removeFrom(registry);
    }
  }

  /**
   * {@code vllm:lora_requests_info} in Prometheus' text format: which adapters are in use, in
   * labels, the time as value. Written here because the library takes {@code _info} for a reserved
   * ending.
   */
  String requestsInfo() {
    Map<Long, String> names = adapters.map(AdapterRegistry::inUse).orElse(Map.of());
    EngineStatus status = engine.status();
    Set<Long> waiting =
        names.keySet().stream()
            .filter(handle -> !status.runningAdapters().contains(handle))
            .collect(Collectors.toSet());
    // adapters' names need no escaping
    return String.format(
        Locale.ROOT,
        "# HELP vllm:lora_requests_info Adapters in use.%n"
            + "# TYPE vllm:lora_requests_info gauge%n"
            + "vllm:lora_requests_info{max_lora=\"%d\",running_lora_adapters=\"%s\","
            + "waiting_lora_adapters=\"%s\"} %.3f%n",
        maxRunning,
        names(status.runningAdapters(), names),
        names(waiting, names),
        clock.millis() / 1000.0);
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
