package dev.tensafe.batching.schedule;

/**
 * Limits of one step.
 *
 * @param tokensPerStep tokens run per step over all sequences; at least {@code maxRunning}
 * @param promptTokensPerStep tokens of prompts in a step in which others decode, and one more for
 *     each two of those: what such a step may take longer than one without prompts
 * @param logitRowsPerStep rows of logits per step over all sequences; at least {@code maxRunning}
 * @param maxRunning sequences that hold blocks at the same time
 * @param blockSize positions per block
 * @param ageingSteps steps of waiting that raise a sequence by one level of priority in its flow
 * @param fairnessTokens virtual tokens ({@link LearntCosts#tokenNanos}) that a tenant, or a flow of
 *     one tenant, may be ahead of one that waits before it gives way
 */
public record SchedulerConfig(
    int tokensPerStep,
    int promptTokensPerStep,
    int logitRowsPerStep,
    int maxRunning,
    int blockSize,
    int ageingSteps,
    int fairnessTokens) {
  public SchedulerConfig {
    if (maxRunning < 1
        || tokensPerStep < maxRunning
        || promptTokensPerStep < 1
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

  /** Limits without one of their own for prompts beside decoding sequences. */
  public SchedulerConfig(
      int tokensPerStep,
      int logitRowsPerStep,
      int maxRunning,
      int blockSize,
      int ageingSteps,
      int fairnessTokens) {
    this(
        tokensPerStep,
        tokensPerStep,
        logitRowsPerStep,
        maxRunning,
        blockSize,
        ageingSteps,
        fairnessTokens);
  }

  /** Tokens of a step in which this many sequences decode. */
  int tokensBeside(int decoding) {
    if (decoding == 0) {
      return tokensPerStep;
    }
    return (int) Math.min(tokensPerStep, (long) promptTokensPerStep + decoding + decoding / 2);
  }

  /** Blocks that hold this many positions. */
  public int blocksFor(int positions) {
    return (positions + blockSize - 1) / blockSize;
  }
}
