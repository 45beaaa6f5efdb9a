package dev.tensafe.tuning.queue;

/**
 * How much a tenant, and all together, may have in the store.
 *
 * @param models active at the same time
 * @param modelsOfTenant of these, of one tenant
 * @param sessions of one tenant
 * @param waitingBytesOfTenant of commands that wait
 */
public record JobLimits(int models, int modelsOfTenant, int sessions, long waitingBytesOfTenant) {}
