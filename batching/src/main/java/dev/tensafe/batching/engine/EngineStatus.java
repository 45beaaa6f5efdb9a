package dev.tensafe.batching.engine;

import java.util.Set;

/**
 * The engine's state after its latest step.
 *
 * @param running sequences that hold cache blocks
 * @param waiting sequences that wait for them
 * @param usedBlocks cache blocks held
 * @param preemptions since start
 * @param internalErrors errors nobody expected, since start
 * @param queriedTokens tokens of prompts for which the cache was asked, since start; of scheduled
 *     requests, once each
 * @param cachedTokens how many of them it had
 * @param cachedBlocks cache blocks whose content can be found, held or not
 * @param runningAdapters handles of adapters that sequences run with
 */
public record EngineStatus(
    int running,
    int waiting,
    int usedBlocks,
    int totalBlocks,
    long preemptions,
    long steps,
    long internalErrors,
    long queriedTokens,
    long cachedTokens,
    int cachedBlocks,
    Set<Long> runningAdapters) {
  public EngineStatus {
    runningAdapters = Set.copyOf(runningAdapters);
  }
}
