package dev.tensafe.he.client;

import dev.tensafe.tssp.keys.KeyId;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The limits of all adapters at all adapter hosts. They outlive sessions, as the hosts' own counts
 * do: what was prepared in a session that broke stays counted. Thread-safe.
 */
final class PreparationLimits {
  private final Map<Key, PreparationLimit> limits = new ConcurrentHashMap<>();

  private record Key(String adapter, KeyId host) {}

  /**
   * @param adapter digest of its package
   * @param host key of the adapter host
   */
  PreparationLimit of(String adapter, KeyId host) {
    return limits.computeIfAbsent(
        new Key(adapter, host), key -> new PreparationLimit(System::nanoTime));
  }
}
