package dev.tensafe.server.metrics;

import dev.tensafe.batching.engine.StepListener;
import dev.tensafe.batching.engine.StepReport;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Map;

/**
 * How much of the machine's time each tenant had. The first {@value #MAX_NAMES} tenants that run
 * anything have labels of their own, those after them count together as {@value
 * AdapterMetrics#OTHER}; without API keys the only tenant is {@value #NOBODY}. Told by the engine's
 * thread, which alone uses it.
 */
final class TenantMetrics implements StepListener {
  static final int MAX_NAMES = 100;
  static final String NOBODY = "_anonymous";

  private final MeterRegistry registry;
  private final Map<String, Counter> seconds = new HashMap<>();

  TenantMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public void onStep(StepReport report) {
    report.tenants().forEach((tenant, nanos) -> counter(tenant).increment(nanos / 1e9));
  }

  private Counter counter(String tenant) {
    String name = tenant.isEmpty() ? NOBODY : tenant;
    String label =
        seconds.containsKey(name) || seconds.size() < MAX_NAMES ? name : AdapterMetrics.OTHER;
    return seconds.computeIfAbsent(
        label, l -> Counter.builder("tensafe_tenant_seconds").tag("tenant", l).register(registry));
  }
}
