package dev.tensafe.batching.engine;

import dev.tensafe.batching.schedule.SchedulerConfig;

/**
 * Settings of an engine.
 *
 * @param cacheBlocks blocks of the key/value cache
 * @param maxSequenceLength most tokens of prompt and output together
 * @param maxQueuedTokens prompt tokens that may wait; more are refused, except that one request may
 *     always wait alone
 */
public record EngineConfig(
    SchedulerConfig scheduler, int cacheBlocks, int maxSequenceLength, int maxQueuedTokens) {
  public EngineConfig {
    if (maxSequenceLength > (long) cacheBlocks * scheduler.blockSize()) {
      throw new IllegalArgumentException("a sequence of full length must fit the cache");
    }
  }
}
