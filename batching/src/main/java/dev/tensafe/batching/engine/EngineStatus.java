package dev.tensafe.batching.engine;

import java.util.Set;

/**
 * The engine's state after its latest step.
 *
 * @param running sequences that hold cache blocks
 * @param waiting sequences that wait for them
 * @param usedBlocks cache blocks held
 * @param preemptions since start
 * @param runningAdapters handles of adapters that sequences run with
 * @param waitingAdapters handles of adapters that sequences wait for
 */
public record EngineStatus(
    int running,
    int waiting,
    int usedBlocks,
    int totalBlocks,
    long preemptions,
    long steps,
    Set<Long> runningAdapters,
    Set<Long> waitingAdapters) {
  public EngineStatus {
    runningAdapters = Set.copyOf(runningAdapters);
    waitingAdapters = Set.copyOf(waitingAdapters);
  }
}
