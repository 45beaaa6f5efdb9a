package dev.tensafe.server.metrics;

import dev.tensafe.runtime.metrics.BoundedNames;
import dev.tensafe.runtime.metrics.Families;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Requests and tokens of tenants. The first {@value BoundedNames#MAX_NAMES} tenants have labels of
 * their own; the others count together. Without API keys the only one is {@value
 * TenantMetrics#NOBODY}. Thread-safe.
 */
final class TenantUsages {
  private final Families families;
  private final BoundedNames names = new BoundedNames();
  private final Map<String, TenantUsage> usages = new ConcurrentHashMap<>();

  TenantUsages(Families families) {
    this.families = families;
  }

  /**
   * The counters of a tenant's requests.
   *
   * @param tenant empty where there are no keys
   */
  TenantUsage usage(String tenant) {
    String label = names.label(tenant.isEmpty() ? TenantMetrics.NOBODY : tenant);
    return usages.computeIfAbsent(label, name -> TenantUsage.of(families, name));
  }
}
