package dev.tensafe.batching.engine;

import static java.util.Objects.requireNonNull;

import dev.tensafe.batching.EngineException;
import dev.tensafe.batching.cache.PrefixSharing;
import dev.tensafe.batching.schedule.SchedulerConfig;
import dev.tensafe.model.exec.RowMatrix;

/**
 * Settings of an engine.
 *
 * @param cacheBlocks blocks of the key/value cache
 * @param maxSequenceLength most tokens of prompt and output together
 * @param maxQueuedTokens prompt tokens that may wait; more are refused, except that one request may
 *     always wait alone
 * @param prefixes how prompts that begin alike are computed once
 */
public record EngineConfig(
    SchedulerConfig scheduler,
    int cacheBlocks,
    int maxSequenceLength,
    int maxQueuedTokens,
    PrefixSharing prefixes) {
  /**
   * Bytes of logits a step may ask for, unless the sequences that decode in it need more: 128 MiB.
   * Scoring a prompt needs a row per token; at a vocabulary of 131072 that is half a MiB each.
   */
  public static final int LOGIT_BYTES_PER_STEP = 128 << 20;

  /** Without a prefix cache. */
  public EngineConfig(
      SchedulerConfig scheduler, int cacheBlocks, int maxSequenceLength, int maxQueuedTokens) {
    this(scheduler, cacheBlocks, maxSequenceLength, maxQueuedTokens, PrefixSharing.OFF);
  }

  /** The same with another way to compute prompts that begin alike once. */
  public EngineConfig withPrefixes(PrefixSharing other) {
    return new EngineConfig(scheduler, cacheBlocks, maxSequenceLength, maxQueuedTokens, other);
  }

  public EngineConfig {
    requireNonNull(prefixes, "prefixes is null");
    if (maxSequenceLength > (long) cacheBlocks * scheduler.blockSize()) {
      throw new IllegalArgumentException("a sequence of full length must fit the cache");
    }
  }

  /** Rows of logits in {@link #LOGIT_BYTES_PER_STEP}, at least one per running sequence. */
  public static int logitRowsPerStep(int vocabSize, int maxRunning) {
    return Math.max(maxRunning, LOGIT_BYTES_PER_STEP / Float.BYTES / vocabSize);
  }

  /**
   * Checks that the logits of a step fit one buffer.
   *
   * @throws EngineException {@code engine.step_too_large}
   */
  void checkLogits(int vocabSize) {
    int most = RowMatrix.maxRows(vocabSize);
    if (scheduler.logitRowsPerStep() > most) {
      throw new EngineException(
          EngineException.Kind.TOO_LARGE,
          "engine.step_too_large",
          scheduler.logitRowsPerStep()
              + " rows of logits in one step; at a vocabulary of "
              + vocabSize
              + " at most "
              + most
              + " are possible: run fewer sequences at a time");
    }
  }
}
