package dev.tensafe.server.assembly;

import dev.tensafe.batching.engine.EngineConfig;
import dev.tensafe.formats.memory.FreeMemory;
import dev.tensafe.model.exec.ExecutorFactory;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.files.ModelFiles;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An executor with its cache, warm, and the engine's settings that fit it. */
record LoadedModel(ModelExecutor executor, EngineConfig engine) implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LoadedModel.class);

  /**
   * Loads a model. Best on the thread that runs it later: compute libraries keep a pool of workers
   * per calling thread.
   *
   * @param files stay open until the result is closed
   * @throws dev.tensafe.formats.CodedException {@code model.*}, {@code decoder.no_memory}, or as
   *     {@link CacheSizing} says
   */
  static LoadedModel load(
      ExecutorFactory factory, ExecutorOptions options, CacheSizing cache, ModelFiles files) {
    ModelExecutor executor = factory.create(files.config(), files.checkpoint(), options);
    try {
      EngineConfig engine =
          cache.fit(
              executor.bytesPerBlock(), files.config().maxPositions(), files.config().vocabSize());
      LOG.info(
          "cache of {} blocks, sequences of at most {} tokens",
          engine.cacheBlocks(),
          engine.maxSequenceLength());
      CacheSizing.requireRoom(
          engine.cacheBlocks() * executor.bytesPerBlock(), FreeMemory.ofThisProcess().bytes());
      executor.allocateCache(engine.cacheBlocks());
      warmUp(executor);
      return new LoadedModel(executor, engine);
    } catch (RuntimeException | Error e) {
      executor.close();
      throw e;
    }
  }

  /** Runs a prompt and a token through block 0, so that the first request finds warm code. */
  private static void warmUp(ModelExecutor executor) {
    int[] blocks = {0};
    for (int start = 0; start < 4; start++) {
      int[] tokens = start == 0 ? new int[ModelExecutor.BLOCK_SIZE - 4] : new int[1];
      int at = start == 0 ? 0 : ModelExecutor.BLOCK_SIZE - 5 + start;
      SequenceInput input =
          new SequenceInput(
              0, "", SequenceInput.BASE, tokens, at, 1, blocks, SequenceInput.LogitRows.LAST);
      executor.forward(new ForwardBatch(List.of(input)), List.of());
    }
  }

  @Override
  public void close() {
    executor.close();
  }
}
