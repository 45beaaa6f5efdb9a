package dev.tensafe.server.metrics;

import dev.tensafe.batching.engine.StepListener;
import dev.tensafe.batching.engine.StepReport;
import dev.tensafe.runtime.metrics.BoundedNames;
import dev.tensafe.runtime.metrics.Families;
import io.micrometer.core.instrument.Counter;
import java.util.HashMap;
import java.util.Map;

/**
 * How much of the machine's time each tenant had. The first {@value BoundedNames#MAX_NAMES} tenants
 * that run anything have labels of their own, those after them count together; without API keys the
 * only tenant is {@value #NOBODY}. Told by the engine's thread, which alone uses it.
 */
final class TenantMetrics implements StepListener {
  static final String NOBODY = "_anonymous";

  private final Families families;
  private final BoundedNames names = new BoundedNames();
  private final Map<String, Counter> seconds = new HashMap<>();

  TenantMetrics(Families families) {
    this.families = families;
  }

  @Override
  public void onStep(StepReport report) {
    report.tenants().forEach((tenant, nanos) -> counter(tenant).increment(nanos / 1e9));
  }

  private Counter counter(String tenant) {
    String label = names.label(tenant.isEmpty() ? NOBODY : tenant);
    return seconds.computeIfAbsent(label, l -> families.counter(ServerFamilies.TENANT_SECONDS, l));
  }
}
