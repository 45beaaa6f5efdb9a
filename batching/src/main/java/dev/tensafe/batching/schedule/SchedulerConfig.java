package dev.tensafe.batching.schedule;

/**
 * Limits of one step.
 *
 * @param tokensPerStep tokens run per step over all sequences; at least {@code maxRunning}
 * @param logitRowsPerStep rows of logits per step over all sequences; at least {@code maxRunning}
 * @param maxRunning sequences that hold blocks at the same time
 * @param blockSize positions per block
 * @param ageingSteps steps of waiting that raise a sequence by one level of priority in its flow
 * @param fairnessTokens virtual tokens a flow may be ahead of one that waits before it gives way
 */
public record SchedulerConfig(
    int tokensPerStep,
    int logitRowsPerStep,
    int maxRunning,
    int blockSize,
    int ageingSteps,
    int fairnessTokens) {
  public SchedulerConfig {
    if (maxRunning < 1
        || tokensPerStep < maxRunning
        || logitRowsPerStep < maxRunning
        || blockSize < 1
        || ageingSteps < 1
        || fairnessTokens < 1) {
      throw new IllegalArgumentException(
          "limits must be positive, and tokensPerStep "
              + tokensPerStep
              + " and logitRowsPerStep "
              + logitRowsPerStep
              + " at least maxRunning "
              + maxRunning);
    }
  }

  /** Blocks that hold this many positions. */
  public int blocksFor(int positions) {
    return (positions + blockSize - 1) / blockSize;
  }
}
