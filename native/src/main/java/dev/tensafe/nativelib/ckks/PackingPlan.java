package dev.tensafe.nativelib.ckks;

/**
 * How a batch is to be packed.
 *
 * @param packing the choice of (T, S)
 * @param chunkTokens tokens of one message: a larger batch is cut into pieces of this many
 * @param seconds predicted CPU time of both parties for the whole batch
 */
public record PackingPlan(Packing packing, int chunkTokens, double seconds) {}
