package dev.tensafe.server.metrics;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Map;

/**
 * Prompt tokens of tenants, computed and cached. The first {@value AdapterMetrics#MAX_NAMES}
 * tenants have labels of their own; the others count together as {@value AdapterMetrics#OTHER}.
 * Without API keys the only one is {@value TenantMetrics#NOBODY}. Thread-safe.
 */
final class TenantPrompts {
  private final MeterRegistry registry;

  @GuardedBy("this")
  private final Map<String, TenantUsage> usages = new HashMap<>();

  TenantPrompts(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * The counters of a tenant's requests.
   *
   * @param tenant empty where there are no keys
   */
  synchronized TenantUsage usage(String tenant) {
    String named = tenant.isEmpty() ? TenantMetrics.NOBODY : tenant;
    TenantUsage own = usages.get(named);
    if (own != null) {
      return own;
    }
    String label = usages.size() < AdapterMetrics.MAX_NAMES ? named : AdapterMetrics.OTHER;
    return usages.computeIfAbsent(
        label, name -> new TenantUsage(counter(name, "computed"), counter(name, "cached")));
  }

  private Counter counter(String tenant, String source) {
    return Counter.builder("tensafe_tenant_prompt_tokens")
        .tag("tenant", tenant)
        .tag("source", source)
        .register(registry);
  }
}
