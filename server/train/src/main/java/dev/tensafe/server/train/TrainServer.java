package dev.tensafe.server.train;

import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.model.exec.ExecutorFactories;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.privacy.BudgetLedger;
import dev.tensafe.runtime.metrics.Families;
import dev.tensafe.server.assembly.AdapterSettings;
import dev.tensafe.server.assembly.AdapterSource;
import dev.tensafe.server.assembly.EncryptedSettings;
import dev.tensafe.server.assembly.PrefixSettings;
import dev.tensafe.server.assembly.ServerAssembly;
import dev.tensafe.server.assembly.ServerSettings;
import dev.tensafe.server.assembly.SpeculationSettings;
import dev.tensafe.server.http.ApiServer;
import dev.tensafe.server.http.ServedModel;
import dev.tensafe.server.train.sample.PublishedWeights;
import dev.tensafe.server.train.sample.SamplePump;
import dev.tensafe.server.train.wire.ModelJson;
import dev.tensafe.training.loss.Losses;
import dev.tensafe.training.torch.CheckpointWeights;
import dev.tensafe.training.torch.FrozenModel;
import dev.tensafe.tssp.keys.PublicKeyFile;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.keys.RecipientPublicKey;
import dev.tensafe.tssp.trust.TrustSnapshot;
import dev.tensafe.tssp.verify.BaseModel;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.TuningException.Kind;
import dev.tensafe.tuning.checkpoint.CheckpointShelf;
import dev.tensafe.tuning.checkpoint.ShelfConfig;
import dev.tensafe.tuning.publish.AdapterPackage;
import dev.tensafe.tuning.queue.DataSetStore;
import dev.tensafe.tuning.queue.JobQueue;
import dev.tensafe.tuning.queue.StoreCipher;
import dev.tensafe.tuning.run.DrawnExamples;
import dev.tensafe.tuning.run.LedgerGuard;
import dev.tensafe.tuning.run.StoredCheckpoints;
import dev.tensafe.tuning.run.Trainer;
import dev.tensafe.tuning.run.TuningService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A whole training service: the serving engine, the trainer, what they keep, and HTTP. Life: {@link
 * #load}, {@link #listen}, {@link #close}, which closes them in reverse. Used by one thread.
 */
public final class TrainServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TrainServer.class);

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final TrainSettings settings;
  private final Ticker ticker;
  private final Families families = new Families();
  private final SecureRandom random = new SecureRandom();
  private volatile boolean accepting = true;
  private TrainRoutes routes;

  @SuppressWarnings("NullAway.Init")
  private TrainServer(TrainSettings settings, Ticker ticker) {
    this.settings = settings;
    this.ticker = ticker;
  }

  /**
   * Builds everything behind the socket; models of an earlier process are put where they were.
   *
   * @throws dev.tensafe.formats.CodedException that says which setting or file cannot be used
   */
  public static TrainServer load(
      TrainSettings settings, ExecutorFactories executors, Ticker ticker, Clock clock) {
    TrainServer server = new TrainServer(settings, ticker);
    try {
      server.open(executors, clock);
      return server;
    } catch (RuntimeException | Error e) {
      server.close();
      throw e;
    }
  }

  private void open(ExecutorFactories executors, Clock clock) {
    Path state = settings.state();
    makeDirectory(state);
    ServiceKeys keys = keep(ServiceKeys.open(state, settings.passphrase().get(), random));
    ServerAssembly engine =
        keep(ServerAssembly.load(engine(keys, state), executors, ticker, clock));
    ServedModel model = engine.model();
    AdapterRegistry registry = model.adapters().orElseThrow();
    StoreCipher cipher = StoreCipher.open(state.resolve("store.key"), keys.recipient(), random);
    JobQueue queue = keep(JobQueue.open(state.resolve("calls"), cipher, clock, settings.limits()));
    DataSetStore dataSets =
        keep(DataSetStore.open(state.resolve("data.sqlite"), cipher, settings.dataSetBytes()));
    BudgetLedger ledger = keep(BudgetLedger.open(state.resolve("privacy"), clock));
    LedgerGuard guard = new LedgerGuard(ledger);
    BaseModel base = BaseModel.of(settings.model(), settings.digests());
    StoredCheckpoints checkpoints =
        new StoredCheckpoints(
            new ModelShelves(keys, base, clock), ledger, owned -> owns(queue, owned));
    PublishedWeights weights =
        new PublishedWeights(
            registry,
            new AdapterPackage(base, model.name(), keys.signing(), random, clock),
            keys.recipient().publicKey(),
            this::recipients,
            state.resolve("published"),
            clock);
    TuningService service = new TuningService(queue);
    TrainMetrics metrics = new TrainMetrics(families, queue, ledger, service::ended);
    Losses losses = Losses.all();
    Trainer trainer =
        new Trainer(
            () -> frozen(clock),
            queue,
            losses,
            checkpoints,
            weights,
            guard,
            new DrawnExamples(dataSets, queue),
            metrics,
            settings.snapshotSteps(),
            settings.mostPublished());
    keep(trainer);
    trainer.start();
    SamplePump pump = keep(new SamplePump(queue, model, service::ended));
    pump.start();
    routes =
        new TrainRoutes(
            service,
            new ModelFacts(
                model.name(), "llama", model.engine().maxSequenceLength(), losses.names()),
            new ModelJson(model.name(), settings.mostRank()),
            new SampleSources(service, model.name()),
            new OwnerRoutes(service, checkpoints, weights, guard, dataSets));
  }

  private <T extends AutoCloseable> T keep(T part) {
    parts.push(part);
    return part;
  }

  private static void makeDirectory(Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new TuningException(Kind.FAILED, "tuning.store", "cannot make " + directory, e);
    }
  }

  private ServerSettings engine(ServiceKeys keys, Path state) {
    AdapterSource.Operated source =
        // the keys are closed with the service
        new AdapterSource.Operated(state.resolve("adapters"), keys.trust(), keys.recipient());
    AdapterSource kept = new Unowned(source);
    return new ServerSettings(
        settings.model(),
        settings.http(),
        "native",
        settings.sampling(),
        settings.cache(),
        PrefixSettings.WITHIN_TENANTS,
        SpeculationSettings.OFF,
        Optional.of(
            new AdapterSettings(
                () -> kept,
                settings.digests(),
                settings.adapterBytes(),
                EncryptedSettings.embedded())),
        Optional.empty(),
        Optional.empty());
  }

  private FrozenModel frozen(Clock clock) {
    try (ModelFiles files = ModelFiles.open(settings.model(), clock)) {
      return FrozenModel.open(
          files.config(),
          new CheckpointWeights(files.checkpoint()),
          settings.pass(),
          settings.threads());
    }
  }

  private static boolean owns(JobQueue queue, StoredCheckpoints.Owned owned) {
    return queue.models(owned.tenant()).stream().anyMatch(m -> m.id().equals(owned.model()));
  }

  /** The recipient keys that a tenant gave; none if it gave none. */
  private List<RecipientPublicKey> recipients(String tenant) {
    return settings
        .recipients()
        .map(directory -> directory.resolve((tenant.isEmpty() ? "default" : tenant) + ".pub"))
        .filter(Files::isRegularFile)
        .map(file -> List.of(PublicKeyFile.readRecipient(file)))
        .orElse(List.of());
  }

  private final class ModelShelves implements StoredCheckpoints.Shelves {
    private final ServiceKeys keys;
    private final BaseModel base;
    private final Clock clock;

    ModelShelves(ServiceKeys keys, BaseModel base, Clock clock) {
      this.keys = keys;
      this.base = base;
      this.clock = clock;
    }

    @Override
    public CheckpointShelf saved(String model, String tenant) {
      return shelf(model, "saved", ShelfConfig.DEFAULT_KEPT, recipients(tenant));
    }

    @Override
    public CheckpointShelf snapshots(String model, String tenant) {
      return shelf(model, "snapshots", 1, List.of());
    }

    private CheckpointShelf shelf(
        String model, String kind, int kept, List<RecipientPublicKey> others) {
      return new CheckpointShelf(
          new ShelfConfig(
              settings.state().resolve("models").resolve(model).resolve(kind),
              model,
              kept,
              settings.http().modelName(),
              base,
              keys.signing(),
              keys.recipient(),
              others,
              TrustSnapshot.read(keys.trust()).store()),
          clock,
          random);
    }
  }

  /** A source whose keys belong to somebody else. */
  private record Unowned(AdapterSource source) implements AdapterSource {
    @Override
    public Path store() {
      return source.store();
    }

    @Override
    public Path trust() {
      return source.trust();
    }

    @Override
    public RecipientKey key() {
      return source.key();
    }

    @Override
    public void close() {}
  }

  /**
   * Begins to answer; once only.
   *
   * @return the URL that it listens on, with the port that was bound
   * @throws dev.tensafe.runtime.ConfigException {@code config.*}
   */
  public String listen() {
    ApiServer server =
        keep(ApiServer.start(settings.http(), routes, families, () -> accepting, ticker));
    return server.url();
  }

  /** Refuses new calls; those that were taken stay in the store. */
  public void drain() {
    accepting = false;
  }

  @Override
  public void close() {
    accepting = false;
    while (!parts.isEmpty()) {
      AutoCloseable part = parts.pop();
      try {
        part.close();
      } catch (Exception e) {
        LOG.warn("{} did not close cleanly", part.getClass().getSimpleName());
      }
    }
  }
}
