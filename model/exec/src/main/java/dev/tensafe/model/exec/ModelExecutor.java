package dev.tensafe.model.exec;

import dev.tensafe.model.shape.ModelConfig;
import java.util.List;

/**
 * Runs the decoder over a paged key/value cache. What runs underneath (tensor library, kernels,
 * number format) is the implementation's affair.
 *
 * <p>One call at a time: {@link #allocateCache}, {@link #touchCache}, {@link #forward} and {@link
 * #close} may come from different threads, such as the engine's and the one that shuts the server
 * down, but not overlap. A call during another one is refused with {@code model.executor_busy}, one
 * after the close with {@code model.executor_closed}; see {@link SerialUse}. The other methods may
 * be called at any time.
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
   * Says that all of the cache will be used, also under little load: its memory may become resident
   * from now on, beside what else runs, so that no step waits for the system to hand it out.
   */
  default void touchCache() {}

  /**
   * Runs one step: writes keys and values of every token into the cache and returns the logits
   * asked for.
   *
   * @param hooks called in order for every projection group, or their {@link ForwardHook#fused}
   *     work computed in their place; empty for the fastest path
   * @throws dev.tensafe.model.shape.ModelException {@code model.step_too_large} before anything is
   *     computed or a hook called, when logits or activations do not fit the memory that one buffer
   *     can show
   * @throws RuntimeException when the step as a whole failed; the cache blocks of its sequences are
   *     then undefined, all others untouched
   */
  ForwardResult forward(ForwardBatch batch, List<ForwardHook> hooks);

  /** Frees weights and cache; a second close does nothing. */
  @Override
  void close();
}
