package dev.tensafe.model.exec;

import dev.tensafe.model.shape.ModelConfig;
import java.util.List;

/**
 * Runs the decoder over a paged key/value cache. Confined to one thread, except {@link #config()}.
 * What runs underneath (tensor library, kernels, number format) is the implementation's affair.
 */
public interface ModelExecutor extends AutoCloseable {
  /** Positions per cache block. */
  int BLOCK_SIZE = 16;

  ModelConfig config();

  /** Bytes of cache one block takes over all layers. */
  long bytesPerBlock();

  /**
   * Allocates the cache, dropping an earlier one.
   *
   * @param blocks number of blocks of {@link #BLOCK_SIZE} positions
   */
  void allocateCache(int blocks);

  /**
   * Runs one step: writes keys and values of every token into the cache and returns the logits
   * asked for.
   *
   * @param hooks called in order for every projection group; empty for the fastest path
   * @throws RuntimeException when the step as a whole failed; the cache blocks of its sequences are
   *     then undefined, all others untouched
   */
  ForwardResult forward(ForwardBatch batch, List<ForwardHook> hooks);

  @Override
  void close();
}
