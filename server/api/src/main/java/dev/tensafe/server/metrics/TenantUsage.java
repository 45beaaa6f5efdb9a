package dev.tensafe.server.metrics;

import dev.tensafe.runtime.metrics.Families;
import io.micrometer.core.instrument.Counter;

/**
 * Counters of one tenant's requests. Thread-safe.
 *
 * @param computed tokens of prompts that were computed when their output began
 * @param cached tokens of prompts that the cache had
 * @param generated tokens
 * @param completed outputs
 * @param failed outputs, cancelled ones included
 */
public record TenantUsage(
    Counter computed, Counter cached, Counter generated, Counter completed, Counter failed) {
  static TenantUsage of(Families families, String tenant) {
    return new TenantUsage(
        families.counter(ServerFamilies.TENANT_PROMPT_TOKENS, tenant, "computed"),
        families.counter(ServerFamilies.TENANT_PROMPT_TOKENS, tenant, "cached"),
        families.counter(ServerFamilies.TENANT_TOKENS, tenant),
        families.counter(ServerFamilies.TENANT_REQUESTS, tenant, "completed"),
        families.counter(ServerFamilies.TENANT_REQUESTS, tenant, "failed"));
  }

  void scheduled(int promptTokens, int cachedTokens) {
    computed.increment(promptTokens - cachedTokens);
    cached.increment(cachedTokens);
  }
}
