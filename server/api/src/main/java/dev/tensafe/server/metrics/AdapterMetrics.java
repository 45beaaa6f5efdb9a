package dev.tensafe.server.metrics;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.batching.engine.Engine;
import dev.tensafe.batching.engine.EngineStatus;
import dev.tensafe.lora.registry.AdapterInfo;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.lora.registry.AdapterState;
import dev.tensafe.lora.registry.AdapterStatus;
import dev.tensafe.runtime.metrics.BoundedNames;
import dev.tensafe.runtime.metrics.Families;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
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

  /** Budgets and their use, of the first adapters that have any. */
  List<MetricSnapshot> budgets() {
    Map<String, Long> used = adapters.map(AdapterRegistry::tokensUsed).orElse(Map.of());
    Map<String, Double> limits = new TreeMap<>();
    Map<String, Double> uses = new TreeMap<>();
    for (AdapterStatus status : adapters.map(AdapterRegistry::list).orElse(List.of())) {
      AdapterInfo info = status.info();
      OptionalLong limit = info.manifest().policy().maxTokensTotal();
      boolean shown = limits.size() < BoundedNames.MAX_NAMES;
      // an old version, which others still use, has the same name
      if (limit.isPresent() && shown && status.state() != AdapterState.DRAINING) {
        limits.put(info.name(), (double) limit.getAsLong());
        uses.put(info.name(), (double) used.getOrDefault(info.digest(), 0L));
      }
    }
    return limits.isEmpty()
        ? List.of()
        : List.of(
            VllmMetrics.byLabel(ServerFamilies.BUDGET, limits),
            VllmMetrics.byLabel(ServerFamilies.BUDGET_USED, uses));
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
