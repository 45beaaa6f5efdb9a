package dev.tensafe.cli.training;

import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.owner.packages.CacheOptions;
import dev.tensafe.owner.packages.PassphraseOptions;
import dev.tensafe.runtime.Signals;
import dev.tensafe.runtime.log.LogSetup;
import dev.tensafe.runtime.settings.FromEnvironment;
import dev.tensafe.runtime.settings.Setting;
import dev.tensafe.server.assembly.CacheSizing;
import dev.tensafe.server.assembly.InstalledExecutors;
import dev.tensafe.server.config.ServerConfig;
import dev.tensafe.server.train.TrainServer;
import dev.tensafe.server.train.TrainSettings;
import dev.tensafe.training.torch.PassOptions;
import dev.tensafe.tuning.queue.JobLimits;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tensafe train-server}. */
@Command(
    name = "train-server",
    description = "Trains adapters over HTTP, for several tenants beside one another.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
@FromEnvironment(prefix = "TENSAFE_TRAIN_SERVER__")
public final class TrainServerCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "the model that adapters are trained on")
  private Path model = Path.of("");

  @Option(
      names = "--state-dir",
      required = true,
      paramLabel = "DIR",
      description = "keys, calls, checkpoints, budgets and weights of the service")
  private Path state = Path.of("");

  @Option(names = "--host", defaultValue = "127.0.0.1", description = "address to bind")
  private String host = "";

  @Option(names = "--port", defaultValue = "8100", description = "port; 0 picks a free one")
  private int port;

  @Option(
      names = "--served-model-name",
      paramLabel = "NAME",
      description = "what clients call the model; the directory's name if not given")
  private @Nullable String name;

  @Option(
      names = "--api-keys",
      paramLabel = "FILE",
      description = "key file, scope train (see 'apikey add'); without it only loopback is bound")
  private @Nullable Path apiKeys;

  @Option(
      names = "--recipients",
      paramLabel = "DIR",
      description =
          "recipient keys of tenants, KEYNAME.pub: weights and checkpoints are encrypted to them too")
  private @Nullable Path recipients;

  @Option(names = "--threads", description = "threads that train; the number of cores if not given")
  private @Nullable Integer threads;

  @Option(
      names = "--micro-batch",
      defaultValue = "8",
      description = "examples computed together: what memory allows")
  private int microBatch;

  @Option(
      names = "--recompute",
      description = "computes layers again for their gradients: less memory, more time")
  private boolean recompute;

  @Option(
      names = "--logit-soft-cap",
      defaultValue = "0",
      description = "bounds logits in training; 0 for no bound, 50 is usual")
  private double softCap;

  @Option(names = "--max-models", defaultValue = "8", description = "models in memory")
  private int maxModels;

  @Option(
      names = "--max-models-per-key",
      defaultValue = "4",
      description = "models in memory of one API key")
  private int maxModelsPerKey;

  @Option(
      names = "--max-queued-mib",
      defaultValue = "256",
      description = "calls of one API key that wait; more are answered with 429")
  private int maxQueuedMib;

  @Option(
      names = "--max-data-mib",
      defaultValue = "1024",
      description = "data sets that the service holds for one API key")
  private int maxDataMib;

  @Option(names = "--max-rank", defaultValue = "128", description = "rank of adapters")
  private int maxRank;

  @Option(
      names = "--snapshot-steps",
      defaultValue = "20",
      description =
          "optimizer steps between snapshots of a model: what is done again after a crash")
  private int snapshotSteps;

  @Option(
      names = "--max-published",
      defaultValue = "16",
      description = "weights to sample from of one API key; the oldest go")
  private int maxPublished;

  @Option(
      names = "--kv-cache-mib",
      defaultValue = "256",
      description = "key/value cache of sampling")
  private int kvCacheMib;

  @Option(
      names = "--adapter-memory-mib",
      defaultValue = "512",
      description = "memory for weights that are sampled from")
  private int adapterMemoryMib;

  @Option(names = "--max-body-kib", defaultValue = "16384", description = "largest request body")
  private int maxBodyKib;

  @Option(names = "--tls-cert", paramLabel = "FILE", description = "certificate chain, PEM")
  private @Nullable Path tlsCert;

  @Option(names = "--tls-key", paramLabel = "FILE", description = "private key, PEM (PKCS#8)")
  private @Nullable Path tlsKey;

  @Option(names = "--log-format", defaultValue = "text", description = "text or json")
  private String logFormat = "";

  @Mixin private PassphraseOptions passphrase = new PassphraseOptions();
  @Mixin private CacheOptions cache = new CacheOptions();

  @Override
  public Integer call() {
    LogSetup.apply(logFormat.equals("json"), Level.INFO);
    Clock clock = Clock.system(ZoneId.systemDefault());
    try (TrainServer server =
        TrainServer.load(settings(clock), InstalledExecutors.all(), Ticker.system(), clock)) {
      // before the first call, so that none is cut off by a signal
      Signals signals = new Signals();
      spec.commandLine().getOut().println("listening on " + server.listen());
      spec.commandLine().getOut().flush();
      signals.await();
      server.drain();
    }
    return 0;
  }

  private TrainSettings settings(Clock clock) {
    Setting.range("max-body-kib", maxBodyKib, 1, 1 << 20);
    Setting.range("micro-batch", microBatch, 1, 1024);
    Setting.range("max-models", maxModels, 1, 1024);
    Setting.range("max-models-per-key", maxModelsPerKey, 1, 1024);
    Setting.range("max-queued-mib", maxQueuedMib, 1, 1 << 20);
    Setting.range("max-data-mib", maxDataMib, 1, 1 << 20);
    Setting.range("max-rank", maxRank, 1, 1024);
    Setting.range("snapshot-steps", snapshotSteps, 1, 1 << 20);
    Setting.range("max-published", maxPublished, 1, 1 << 16);
    Setting.range("adapter-memory-mib", adapterMemoryMib, 1, 1 << 20);
    Integer given = threads;
    int count = given == null ? Runtime.getRuntime().availableProcessors() : given;
    Setting.range("threads", count, 1, 1024);
    Path last = model.toAbsolutePath().normalize().getFileName();
    String called = name != null ? name : last == null ? "model" : last.toString();
    return new TrainSettings(
        model,
        new ServerConfig(
            host,
            port,
            called,
            apiKeys,
            maxBodyKib * 1024,
            1L << 30,
            60,
            0,
            60,
            false,
            List.of(),
            tlsCert,
            tlsKey),
        state,
        Optional.ofNullable(recipients),
        passphrase::given,
        cache.digests(clock),
        new ExecutorOptions(ExecutorOptions.Format.F32, count),
        new CacheSizing(kvCacheMib, OptionalInt.empty(), 64, 256, 48, 65_536),
        (long) adapterMemoryMib << 20,
        new PassOptions(microBatch, softCap, recompute),
        count,
        new JobLimits(maxModels, maxModelsPerKey, 256, (long) maxQueuedMib << 20),
        maxRank,
        snapshotSteps,
        maxPublished,
        (long) maxDataMib << 20);
  }
}
