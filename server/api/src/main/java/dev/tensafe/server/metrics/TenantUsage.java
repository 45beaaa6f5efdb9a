package dev.tensafe.server.metrics;

import io.micrometer.core.instrument.Counter;

/**
 * Counters of one tenant's requests. Thread-safe.
 *
 * @param computed tokens of prompts that were computed when their output began
 * @param cached tokens of prompts that the cache had
 */
public record TenantUsage(Counter computed, Counter cached) {
  void scheduled(int promptTokens, int cachedTokens) {
    computed.increment(promptTokens - cachedTokens);
    cached.increment(cachedTokens);
  }
}
