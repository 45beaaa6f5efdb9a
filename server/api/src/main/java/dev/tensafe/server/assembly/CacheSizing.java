package dev.tensafe.server.assembly;

import dev.tensafe.batching.cache.PrefixSharing;
import dev.tensafe.batching.engine.EngineConfig;
import dev.tensafe.batching.schedule.SchedulerConfig;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.runtime.ConfigException;
import dev.tensafe.runtime.settings.Setting;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How much a server computes and holds at a time, as its operator asked for it; {@link #fit} makes
 * the engine's settings of it for one model.
 *
 * @param cacheMib most memory for keys and values, MiB
 * @param maxModelLen most tokens of prompt and output; empty for what model and cache allow
 * @param maxRunning requests that run at the same time
 * @param tokensPerStep tokens of all requests in one step, at least one for each of {@code
 *     maxRunning}
 * @param promptTokensPerStep tokens of prompts in a step in which others decode
 * @param maxQueuedTokens prompt tokens that may wait
 */
public record CacheSizing(
    int cacheMib,
    OptionalInt maxModelLen,
    int maxRunning,
    int tokensPerStep,
    int promptTokensPerStep,
    int maxQueuedTokens) {
  /** Positions per block. */
  private static final int BLOCK = ModelExecutor.BLOCK_SIZE;

  /** Steps of waiting that raise a sequence by one level of priority. */
  private static final int AGEING_STEPS = 200;

  /** Tokens a flow may be ahead of one that waits. */
  private static final int FAIRNESS_TOKENS = 2048;

  /**
   * Checks the ranges.
   *
   * @throws ConfigException {@code config.kv-cache-mib}, {@code config.max-running}, {@code
   *     config.tokens-per-step}, {@code config.prompt-tokens-per-step}, {@code
   *     config.max-queued-tokens}, {@code config.max-model-len}
   */
  public CacheSizing {
    Setting.range("kv-cache-mib", cacheMib, 1, 1 << 22);
    Setting.range("max-running", maxRunning, 1, 4096);
    Setting.range("tokens-per-step", tokensPerStep, maxRunning, 1 << 20);
    Setting.range("prompt-tokens-per-step", promptTokensPerStep, 1, 1 << 20);
    Setting.range("max-queued-tokens", maxQueuedTokens, 1, Integer.MAX_VALUE);
    maxModelLen.ifPresent(length -> Setting.range("max-model-len", length, 2, 1 << 28));
  }

  /**
   * Sizes the cache: as much as was asked for, but no more than all running sequences at full
   * length can ever use, and with a prefix cache as much again, for those that ran.
   *
   * @param bytesPerBlock bytes one block of {@value ModelExecutor#BLOCK_SIZE} positions takes
   * @param positions most positions of the model
   * @param vocabSize tokens the model knows
   * @param prefixes how prompts that begin alike are computed once
   * @throws ConfigException {@code config.kv-cache-mib} when the memory holds no block, {@code
   *     config.max-model-len} when a sequence of that length fits the model or the cache not at all
   */
  public EngineConfig fit(
      long bytesPerBlock, int positions, int vocabSize, PrefixSharing prefixes) {
    int affordable = affordableBlocks(bytesPerBlock);
    int length = sequenceLength(positions, affordable * BLOCK);
    long running = (long) maxRunning * ((length + BLOCK - 1) / BLOCK);
    long useful = prefixes.on() ? 2 * running : running;
    return new EngineConfig(
        new SchedulerConfig(
            tokensPerStep,
            promptTokensPerStep,
            EngineConfig.logitRowsPerStep(vocabSize, maxRunning),
            maxRunning,
            BLOCK,
            AGEING_STEPS,
            FAIRNESS_TOKENS),
        (int) Math.min(affordable, useful),
        length,
        maxQueuedTokens,
        prefixes);
  }

  /**
   * Refuses a cache that the memory beside the weights does not hold. It is taken after the start,
   * or block by block as requests come: without this the system would end the process then.
   *
   * @param free bytes; empty where the system does not tell
   * @throws ConfigException {@code config.kv-cache-mib}
   */
  static void requireRoom(long cacheBytes, OptionalLong free) {
    if (free.isPresent() && free.getAsLong() < cacheBytes) {
      throw new ConfigException(
          "config.kv-cache-mib",
          "the cache takes up to "
              + (cacheBytes >> 20)
              + " MiB, and beside the weights "
              + (free.getAsLong() >> 20)
              + " MiB are free for this process; make kv-cache-mib smaller, or max-running or"
              + " max-model-len");
    }
  }

  /** Blocks the memory holds, as long as an {@code int} counts their positions. */
  private int affordableBlocks(long bytesPerBlock) {
    long blocks = ((long) cacheMib << 20) / bytesPerBlock;
    if (blocks < 1) {
      throw new ConfigException(
          "config.kv-cache-mib",
          "kv-cache-mib "
              + cacheMib
              + " holds not even one block of "
              + bytesPerBlock
              + " bytes; it must be at least "
              + ((bytesPerBlock + (1 << 20) - 1) >> 20));
    }
    return (int) Math.min(blocks, Integer.MAX_VALUE / BLOCK);
  }

  private int sequenceLength(int positions, int capacity) {
    if (maxModelLen.isEmpty()) {
      return Math.min(positions, capacity);
    }
    int asked = maxModelLen.getAsInt();
    if (asked > positions) {
      throw new ConfigException(
          "config.max-model-len",
          "max-model-len " + asked + " exceeds the model's " + positions + " positions");
    }
    if (asked > capacity) {
      throw new ConfigException(
          "config.max-model-len",
          "max-model-len " + asked + " exceeds the cache's " + capacity + " positions");
    }
    return asked;
  }
}
