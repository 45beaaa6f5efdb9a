package dev.tensafe.lora.registry;

/**
 * Counts for operators.
 *
 * @param registered names
 * @param resident versions in memory
 * @param residentBytes native memory taken, loading ones included
 * @param capacityBytes native memory there is for adapters
 * @param loads into memory since start
 * @param evictions from memory since start
 * @param failedLoads since start
 */
public record RegistryStats(
    int registered,
    int resident,
    long residentBytes,
    long capacityBytes,
    long loads,
    long evictions,
    long failedLoads) {}
