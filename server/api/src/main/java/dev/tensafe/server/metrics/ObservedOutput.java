package dev.tensafe.server.metrics;

import dev.tensafe.runtime.metrics.ExemplarTrace;

/**
 * What is known of an output before it begins.
 *
 * @param promptTokens of its prompt
 * @param maxTokens that it may have
 * @param group it and the other outputs of its prompt
 * @param trace that its request belongs to
 */
public record ObservedOutput(
    int promptTokens,
    int maxTokens,
    OutputGroup group,
    AdapterUsage adapter,
    TenantUsage tenant,
    ExemplarTrace trace) {}
