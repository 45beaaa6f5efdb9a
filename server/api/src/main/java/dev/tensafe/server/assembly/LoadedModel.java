package dev.tensafe.server.assembly;

import dev.tensafe.batching.cache.PrefixSharing;
import dev.tensafe.batching.draft.ModelDrafter;
import dev.tensafe.batching.engine.EngineConfig;
import dev.tensafe.formats.memory.FreeMemory;
import dev.tensafe.model.exec.ExecutorFactory;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.files.ModelFiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An executor with its cache, warm, and the engine's settings that fit it.
 *
 * @param draft guesses for it, on its threads, with as many blocks of cache; closed with this
 */
record LoadedModel(ModelExecutor executor, EngineConfig engine, Optional<ModelDrafter> draft)
    implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LoadedModel.class);

  /** Tokens of prompts that a draft model takes in between two steps. */
  private static final int DRAFT_ROWS = 128;

  /**
   * Loads a model. Best on the thread that runs it later: compute libraries keep a pool of workers
   * per calling thread.
   *
   * @param files stay open until the result is closed, those of a draft model too
   * @throws dev.tensafe.formats.CodedException {@code model.*}, {@code decoder.no_memory}, or as
   *     {@link CacheSizing} and {@link PrefixSetup} say
   */
  static LoadedModel load(
      ExecutorFactory factory,
      ServerSettings settings,
      ModelFiles files,
      Optional<DraftFiles> draft) {
    ExecutorOptions options = settings.compute();
    // before the weights: quick, and may find a setting wrong
    PrefixSharing prefixes =
        PrefixSetup.of(
            settings.prefixes(), factory.name(), options, files, settings.http().apiKeys() != null);
    List<ModelExecutor> executors = new ArrayList<>();
    try {
      ModelExecutor executor = factory.create(files.config(), files.checkpoint(), options);
      executors.add(executor);
      draft
          .map(DraftFiles::files)
          .ifPresent(
              small ->
                  executors.add(
                      factory.createBeside(executor, small.config(), small.checkpoint(), options)));
      // a block of the one has its like in the other, so what the model has room for, its draft has
      long bytesPerBlock = executors.stream().mapToLong(ModelExecutor::bytesPerBlock).sum();
      EngineConfig engine =
          settings
              .cache()
              .fit(
                  bytesPerBlock,
                  files.config().maxPositions(),
                  files.config().vocabSize(),
                  prefixes);
      LOG.info(
          "cache of {} blocks, sequences of at most {} tokens",
          engine.cacheBlocks(),
          engine.maxSequenceLength());
      CacheSizing.requireRoom(
          engine.cacheBlocks() * bytesPerBlock, FreeMemory.ofThisProcess().bytes());
      for (ModelExecutor each : executors) {
        each.allocateCache(engine.cacheBlocks());
        warmUp(each);
      }
      if (prefixes.on()) {
        // what ran is kept, so that blocks never used come first until there are none
        executors.forEach(ModelExecutor::touchCache);
      }
      return new LoadedModel(
          executor,
          engine,
          draft.map(
              small ->
                  new ModelDrafter(
                      executors.get(1),
                      engine.cacheBlocks(),
                      DRAFT_ROWS,
                      files.config().eosTokens())));
    } catch (RuntimeException | Error e) {
      executors.forEach(ModelExecutor::close);
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
    draft.ifPresent(ModelDrafter::close);
    executor.close();
  }
}
