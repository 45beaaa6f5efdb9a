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
    Set<Long> runningAdapters) {
  public EngineStatus {
    runningAdapters = Set.copyOf(runningAdapters);
  }
}
