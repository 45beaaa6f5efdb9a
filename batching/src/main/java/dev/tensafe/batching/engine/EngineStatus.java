package dev.tensafe.batching.engine;

/**
 * The engine's state after its latest step.
 *
 * @param running sequences that hold cache blocks
 * @param waiting sequences that wait for them
 * @param usedBlocks cache blocks held
 * @param preemptions since start
 */
public record EngineStatus(
    int running, int waiting, int usedBlocks, int totalBlocks, long preemptions, long steps) {}
