package dev.tensafe.tuning.run;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Whose turn it is: the tenant that has had least of the trainer's time. One that comes, or comes
 * back, begins where the least of the others is, so nobody saves up turns. For one thread.
 */
final class FairShare {
  private final Map<String, Long> used = new HashMap<>();

  /**
   * Chooses among calls.
   *
   * @param waiting not empty; earlier ones win between equals
   */
  <T> T choose(List<T> waiting, Function<T, String> tenantOf) {
    Set<String> tenants = waiting.stream().map(tenantOf).collect(Collectors.toSet());
    long least =
        used.entrySet().stream()
            .filter(entry -> tenants.contains(entry.getKey()))
            .mapToLong(Map.Entry::getValue)
            .min()
            .orElse(0);
    used.keySet().retainAll(tenants);
    tenants.forEach(tenant -> used.putIfAbsent(tenant, least));
    T best = waiting.get(0);
    for (T candidate : waiting) {
      if (time(tenantOf.apply(candidate)) < time(tenantOf.apply(best))) {
        best = candidate;
      }
    }
    return best;
  }

  private long time(String tenant) {
    return used.getOrDefault(tenant, 0L);
  }

  /** Notes what a tenant's call took. */
  void took(String tenant, long nanos) {
    used.merge(tenant, nanos, Long::sum);
  }
}
