package dev.tensafe.cli;

import dev.tensafe.batching.engine.Engine;
import dev.tensafe.batching.engine.EngineConfig;
import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.batching.schedule.SchedulerConfig;
import dev.tensafe.cli.demo.DemoFiles;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.runtime.ConfigException;
import dev.tensafe.runtime.Signals;
import dev.tensafe.runtime.log.LogSetup;
import dev.tensafe.runtime.settings.FromEnvironment;
import dev.tensafe.runtime.settings.SettingsProvider;
import dev.tensafe.server.assembly.InstalledExecutors;
import dev.tensafe.server.config.ServerConfig;
import dev.tensafe.server.http.InferenceServer;
import dev.tensafe.server.http.ServedModel;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.logging.Level;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tensafe serve}: load, listen, serve until told to stop. */
@Command(
    name = "serve",
    description = "Serves a model over the OpenAI API.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
@FromEnvironment(prefix = "TENSAFE_")
final class ServeCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ServeOptions given = new ServeOptions();

  @Override
  public Integer call() {
    ServeOptions options = resolved();
    LogSetup.apply(options.logFormat.equals("json"), Level.INFO);
    options.check();
    Path given = options.model;
    Optional<DemoFiles> demo = given == null ? Optional.of(DemoFiles.bundled()) : Optional.empty();
    Path directory = given == null ? demo.orElseThrow().model() : given;
    Clock clock = Clock.systemUTC();
    ServerConfig serverConfig = options.serverConfig(directory, demo.isPresent());
    ExecutorService compute = Executors.newSingleThreadExecutor(task -> new Thread(task, "engine"));
    try (ModelFiles files = ModelFiles.open(directory, clock);
        Loaded loaded = on(compute, () -> load(options, files));
        AdapterHosting adapters =
            hosting(options, demo, serverConfig.modelName(), directory, files, clock);
        Engine engine =
            new Engine(
                loaded.config(),
                loaded.executor(),
                adapters.hooks(),
                files.tokenizer(),
                Ticker.system())) {
      engine.start(compute);
      ServedModel model =
          new ServedModel(
              serverConfig.modelName(),
              clock.instant().getEpochSecond(),
              files.config().vocabSize(),
              files.tokenizer(),
              files.chatTemplate(),
              engine,
              adapters.registry());
      serve(serverConfig, model, clock);
    } finally {
      compute.shutdown();
    }
    return 0;
  }

  /** The demo's adapters belong to its model as long as nothing is said of adapters. */
  private static AdapterHosting hosting(
      ServeOptions options,
      Optional<DemoFiles> demo,
      String name,
      Path directory,
      ModelFiles files,
      Clock clock) {
    int layers = files.config().layers();
    return demo.isPresent() && !options.namesAdapterSettings()
        ? AdapterHosting.ofDemo(options, demo.get(), name, layers, clock)
        : AdapterHosting.open(options, name, directory, layers, clock);
  }

  /** An executor with its cache, and the engine's settings that fit it. */
  private record Loaded(ModelExecutor executor, EngineConfig config) implements AutoCloseable {
    @Override
    public void close() {
      executor.close();
    }
  }

  private static Loaded load(ServeOptions options, ModelFiles files) {
    ModelExecutor executor = loadExecutor(options, files);
    try {
      EngineConfig config = engineConfig(options, files, executor);
      executor.allocateCache(config.cacheBlocks());
      warmUp(executor);
      return new Loaded(executor, config);
    } catch (RuntimeException e) {
      executor.close();
      throw e;
    }
  }

  /** Runs work on the engine's thread: the tensor library keeps a pool of workers per caller. */
  private static <T> T on(ExecutorService compute, Callable<T> work) {
    try {
      return compute.submit(work).get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException("loading failed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while loading", e);
    }
  }

  /** The options, with the file's settings below flags and environment. */
  private ServeOptions resolved() {
    SettingsProvider provider = (SettingsProvider) spec.defaultValueProvider();
    Path file = given.config;
    if (file == null || provider == null) {
      return given;
    }
    provider.load(file, spec);
    // parsed once more, now that the provider knows the file
    var line = spec.root().commandLine();
    line.parseArgs(line.getParseResult().originalArgs().toArray(new String[0]));
    return given;
  }

  private static ModelExecutor loadExecutor(ServeOptions options, ModelFiles files) {
    ExecutorOptions.Format format =
        switch (options.dtype) {
          case "f32" -> ExecutorOptions.Format.F32;
          case "bf16" -> ExecutorOptions.Format.BF16;
          case "auto" -> ExecutorOptions.Format.AUTO;
          default ->
              throw new ConfigException(
                  "config.dtype", "dtype is '" + options.dtype + "'; it must be auto, f32 or bf16");
        };
    return InstalledExecutors.all()
        .named(options.executor)
        .create(files.config(), files.checkpoint(), new ExecutorOptions(format, options.threads()));
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

  private static EngineConfig engineConfig(
      ServeOptions options, ModelFiles files, ModelExecutor executor) {
    long blocks = options.kvCacheMib * (1L << 20) / executor.bytesPerBlock();
    int perSequence = ModelExecutor.BLOCK_SIZE;
    if (blocks < 1) {
      throw new ConfigException(
          "config.kv-cache-mib",
          "kv-cache-mib "
              + options.kvCacheMib
              + " holds not even one block of "
              + executor.bytesPerBlock()
              + " bytes");
    }
    int cacheBlocks = (int) Math.min(blocks, Integer.MAX_VALUE / perSequence);
    int capacity = cacheBlocks * perSequence;
    Integer asked = options.maxModelLen;
    int positions = files.config().maxPositions();
    if (asked != null && asked > positions) {
      throw new ConfigException(
          "config.max-model-len",
          "max-model-len " + asked + " exceeds the model's " + positions + " positions");
    }
    if (asked != null && asked > capacity) {
      throw new ConfigException(
          "config.max-model-len",
          "max-model-len " + asked + " exceeds the cache's " + capacity + " positions");
    }
    int length = asked != null ? asked : Math.min(positions, capacity);
    // more than all running sequences at full length can never be used
    long useful = (long) options.maxRunning * ((length + perSequence - 1) / perSequence);
    cacheBlocks = (int) Math.min(cacheBlocks, useful);
    LOG.info("cache of {} blocks, sequences of at most {} tokens", cacheBlocks, length);
    return new EngineConfig(
        new SchedulerConfig(
            options.tokensPerStep,
            EngineConfig.logitRowsPerStep(files.config().vocabSize(), options.maxRunning),
            options.maxRunning,
            ModelExecutor.BLOCK_SIZE,
            200,
            2048),
        cacheBlocks,
        length,
        options.maxQueuedTokens);
  }

  private void serve(ServerConfig config, ServedModel model, Clock clock) {
    Signals signals = new Signals();
    try (InferenceServer server = InferenceServer.start(config, model, Ticker.system(), clock)) {
      spec.commandLine().getOut().println("listening on " + server.url());
      spec.commandLine().getOut().flush();
      signals.await();
      LOG.info("stopping: new requests are refused, running ones finish");
      server.drain().toCompletionStage().toCompletableFuture().join();
    }
  }
}
