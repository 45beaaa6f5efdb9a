package dev.tensafe.tuning.queue;

/**
 * A model as the store knows it.
 *
 * @param session its session
 * @param settings JSON
 * @param snapshot id of the last call that its snapshot holds; 0 for none
 * @param active whether it takes calls
 */
public record StoredModel(
    String id,
    String session,
    String tenant,
    String settings,
    long snapshot,
    long created,
    boolean active) {}
