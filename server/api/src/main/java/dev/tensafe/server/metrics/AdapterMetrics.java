package dev.tensafe.server.metrics;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.batching.engine.Engine;
import dev.tensafe.batching.engine.EngineStatus;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.runtime.metrics.BoundedNames;
import dev.tensafe.runtime.metrics.Families;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The metrics of adapters. At most {@value BoundedNames#MAX_NAMES} of them have labels of their own
 * at a time; the others count together. Thread-safe.
 */
public final class AdapterMetrics {
  private final Families families;
  private final Engine engine;
  private final int maxRunning;
  private final Optional<AdapterRegistry> adapters;
  private final Clock clock;
  private final BoundedNames names = new BoundedNames();
  private final BoundedNames reasons = new BoundedNames();

  @GuardedBy("this")
  private final Map<String, AdapterUsage> usages = new HashMap<>();

  AdapterMetrics(
      Families families,
      Engine engine,
      int maxRunning,
      Optional<AdapterRegistry> adapters,
      Clock clock) {
    this.families = families;
    this.engine = engine;
    this.maxRunning = maxRunning;
    this.adapters = adapters;
    this.clock = clock;
    adapters.ifPresent(this::bind);
  }

  private void bind(AdapterRegistry from) {
    families.gauge(ServerFamilies.REGISTERED, from, r -> r.stats().registered());
    families.gauge(ServerFamilies.RESIDENT, from, r -> r.stats().resident());
    families.gauge(ServerFamilies.ADAPTER_MEMORY, from, r -> r.stats().residentBytes());
    families.gauge(ServerFamilies.ADAPTER_MEMORY_LIMIT, from, r -> r.stats().capacityBytes());
    families.counter(ServerFamilies.LOADS, from, r -> r.stats().loads());
    families.counter(ServerFamilies.EVICTIONS, from, r -> r.stats().evictions());
    families.counter(ServerFamilies.FAILED_LOADS, from, r -> r.stats().failedLoads());
  }

  /** Counts a refused package. */
  public void refused(String code) {
    families.counter(ServerFamilies.REFUSED_PACKAGES, reasons.label(code)).increment();
  }

  /** The counters for requests of an adapter; empty for the base model, which has none. */
  public synchronized AdapterUsage usage(Optional<String> adapter) {
    if (adapter.isEmpty()) {
      return AdapterUsage.NONE;
    }
    return usages.computeIfAbsent(
        names.label(adapter.get()), name -> AdapterUsage.of(families, name));
  }

  /** Makes room for another name once an adapter is removed. */
  public synchronized void forget(String adapter) {
    names.forget(adapter);
    AdapterUsage usage = usages.remove(adapter);
    if (usage != null) {
      usage.removeFrom(families);
    }
  }

  /**
   * {@code vllm:lora_requests_info}: which adapters are in use, in labels, the time in seconds as
   * value. One metric, so that there are as many as one whatever runs.
   */
  MetricSnapshot requestsInfo() {
    Map<Long, String> inUse = adapters.map(AdapterRegistry::inUse).orElse(Map.of());
    EngineStatus status = engine.status();
    Set<Long> waiting =
        inUse.keySet().stream()
            .filter(handle -> !status.runningAdapters().contains(handle))
            .collect(Collectors.toSet());
    return VllmMetrics.one(
        VllmFamilies.LORA,
        clock.millis() / 1000.0,
        Integer.toString(maxRunning),
        names(waiting, inUse),
        names(status.runningAdapters(), inUse));
  }

  private static String names(Set<Long> handles, Map<Long, String> names) {
    return handles.stream()
        .map(names::get)
        .filter(name -> name != null)
        .sorted()
        .distinct()
        .limit(BoundedNames.MAX_NAMES)
        .collect(Collectors.joining(","));
  }
}
