package dev.tensafe.server.structured;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What was made lately, for the tenant it was made for. When there is no more room, the tenant that
 * has most loses what it did not use for longest: nobody's flood takes another's away. Thread-safe.
 *
 * @param <K> of what, within a tenant
 * @param <V> what is kept
 */
final class KeptByTenant<K, V> {
  private final int most;

  /** By tenant, what was used last at the end. */
  @GuardedBy("this")
  private final Map<String, LinkedHashMap<K, V>> tenants = new HashMap<>();

  @GuardedBy("this")
  private int size;

  /**
   * @param most values, of all tenants together
   */
  KeptByTenant(int most) {
    this.most = most;
  }

  synchronized Optional<V> get(String tenant, K key) {
    LinkedHashMap<K, V> own = tenants.get(tenant);
    return own == null ? Optional.empty() : Optional.ofNullable(own.get(key));
  }

  synchronized void put(String tenant, K key, V value) {
    LinkedHashMap<K, V> own =
        tenants.computeIfAbsent(tenant, unused -> new LinkedHashMap<>(16, 0.75f, true));
    size += own.put(key, value) == null ? 1 : 0;
    if (size > most) {
      dropOne(own);
    }
  }

  /** From the tenant with most; from the one that came, if it is among them. */
  @GuardedBy("this")
  private void dropOne(Map<K, V> comer) {
    Map<K, V> largest = comer;
    for (Map<K, V> own : tenants.values()) {
      if (own.size() > largest.size()) {
        largest = own;
      }
    }
    Iterator<K> eldest = largest.keySet().iterator();
    eldest.next();
    eldest.remove();
    size--;
    tenants.values().removeIf(Map::isEmpty);
  }
}
