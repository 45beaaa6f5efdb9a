package dev.tensafe.server.assembly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.he.Profile;
import dev.tensafe.he.client.LinkConfig;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.model.exec.ExecutorFactories;
import dev.tensafe.model.exec.ExecutorFactory;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.model.synthetic.TruncatedModel;
import dev.tensafe.runtime.ConfigException;
import dev.tensafe.server.config.ServerConfig;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.verify.DigestCache;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is opened is closed: all of it, in reverse, wherever opening ends. */
class ServerAssemblyTest {
  @TempDir Path dir;
  private final List<String> events = new CopyOnWriteArrayList<>();
  private final AtomicInteger touched = new AtomicInteger();
  private Set<Thread> before = Set.of();

  @BeforeEach
  void makeModel() throws IOException {
    before = engineThreads();
    SyntheticModel.write(
        dir.resolve("m"), SyntheticModel.llama(16, 16, 1, 2, 1, 300, 64), DType.F32, 1);
    Files.createDirectories(dir.resolve("trust"));
  }

  /** Whatever a test did, no thread that computes is left. */
  @AfterEach
  void noEngineThreadIsLeft() throws InterruptedException {
    for (Thread thread : engineThreads()) {
      if (!before.contains(thread)) {
        thread.join(30_000);
        assertFalse(thread.isAlive(), "an engine's thread is left");
      }
    }
  }

  private static Set<Thread> engineThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(t -> t.getName().equals("engine"))
        .collect(Collectors.toSet());
  }

  private ServerSettings settings(int port, int maxModelLen, Supplier<AdapterSource> source) {
    return new ServerSettings(
        dir.resolve("m"),
        new ServerConfig(
            "127.0.0.1", port, "m", null, 1 << 20, 4 << 20, 5, 60, 5, true, List.of(), null, null),
        "recorded",
        new ExecutorOptions(ExecutorOptions.Format.F32, 1),
        new CacheSizing(16, OptionalInt.of(maxModelLen), 4, 64, 64, 1000),
        PrefixSettings.WITHIN_TENANTS,
        SpeculationSettings.OFF,
        Optional.of(
            new AdapterSettings(
                source,
                DigestCache.none(),
                1 << 20,
                new EncryptedSettings(LinkConfig.standard(Profile.FAST), List.of(), null, null))),
        Optional.empty(),
        Optional.empty());
  }

  private ServerSettings drafted(Path draft) {
    ServerSettings plain = settings(0, 32, this::unasked);
    return new ServerSettings(
        plain.model(),
        plain.http(),
        plain.executor(),
        plain.compute(),
        plain.cache(),
        plain.prefixes(),
        new SpeculationSettings(SpeculationSettings.Method.AUTO, 4),
        Optional.empty(),
        Optional.of(draft),
        Optional.empty());
  }

  private AdapterSource unasked() {
    throw new AssertionError("no adapters are served");
  }

  @Test
  void aDraftModelIsLoadedBesideTheModelAndClosedBeforeIt() throws IOException {
    TruncatedModel.write(dir.resolve("m"), dir.resolve("d"), 1);
    try (ServerAssembly assembly = load(drafted(dir.resolve("d")))) {
      assertFalse(assembly.listen().isEmpty());
      assertEquals(List.of("executor opened", "executor opened"), events);
    }
    assertEquals(4, events.size(), events.toString());
  }

  @Test
  void aDraftModelOfAnotherTokenizerOrNoneIsNamedBeforeWeightsAreRead() throws IOException {
    SyntheticModel.write(
        dir.resolve("d"), SyntheticModel.llama(16, 16, 1, 2, 1, 301, 64), DType.F32, 1);
    assertEquals(
        "draft.tokenizer_mismatch",
        assertThrows(CodedException.class, () -> load(drafted(dir.resolve("d")))).code());
    assertEquals(
        "model.missing",
        assertThrows(CodedException.class, () -> load(drafted(dir.resolve("nowhere")))).code());
    assertEquals(List.of(), events);
  }

  private ServerAssembly load(ServerSettings settings) {
    return load(settings, Optional.empty());
  }

  private ServerAssembly load(ServerSettings settings, Optional<RuntimeException> inForward) {
    return ServerAssembly.load(
        settings,
        new ExecutorFactories(List.of(new RecordedFactory(events, touched, inForward))),
        Ticker.system(),
        Clock.systemUTC());
  }

  @Test
  void memoryOfTheCacheIsTouchedAheadWherePrefixesAreKeptAndOnlyThere() {
    ServerSettings on = settings(0, 32, this::source);
    load(on).close();
    assertEquals(1, touched.get());
    load(new ServerSettings(
            on.model(),
            on.http(),
            on.executor(),
            on.compute(),
            on.cache(),
            PrefixSettings.OFF,
            on.speculation(),
            on.adapters(),
            on.draftModel(),
            on.toolFormat()))
        .close();
    assertEquals(1, touched.get());
  }

  private AdapterSource source() {
    return source("adapters", registry -> {});
  }

  private AdapterSource source(String store, Consumer<AdapterRegistry> fill) {
    events.add("source opened");
    return new RecordedSource(
        events,
        dir.resolve(store),
        dir.resolve("trust"),
        RecipientKey.generate(new SecureRandom()),
        fill);
  }

  private void refused(String code, ServerSettings settings) {
    CodedException error = assertThrows(CodedException.class, () -> load(settings));
    assertEquals(code, error.code());
  }

  @Test
  void servesAndClosesInReverse() throws Exception {
    HttpClient http = HttpClient.newHttpClient();
    URI uri;
    try (ServerAssembly server = load(settings(0, 64, this::source))) {
      uri = URI.create(server.listen() + "/v1/completions");
      HttpRequest request =
          HttpRequest.newBuilder(uri)
              .header("Content-Type", "application/json")
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      "{\"model\":\"m\",\"prompt\":\"a\",\"max_tokens\":3,\"ignore_eos\":true}"))
              .build();
      HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      assertEquals(200, answer.statusCode(), answer.body());
      assertTrue(answer.body().contains("\"completion_tokens\":3"), answer.body());
      assertThrows(IllegalStateException.class, server::listen);
      assertTrue(server.drain());
      assertEquals(List.of("source opened", "executor opened"), events);
    }
    assertEquals(
        List.of("source opened", "executor opened", "executor closed", "source closed"), events);
    HttpRequest late = HttpRequest.newBuilder(uri).build();
    assertThrows(
        ConnectException.class, () -> http.send(late, HttpResponse.BodyHandlers.ofString()));
  }

  @Test
  void aModelThatIsMissingOpensNothing() throws IOException {
    Files.delete(dir.resolve("m/config.json"));
    refused("model.missing", settings(0, 64, this::source));
    assertEquals(List.of(), events);
  }

  @Test
  void anExecutorThatIsUnknownOpensNothing() {
    ExecutorFactories others = InstalledExecutors.all();
    CodedException error =
        assertThrows(
            CodedException.class,
            () ->
                ServerAssembly.load(
                    settings(0, 64, this::source), others, Ticker.system(), Clock.systemUTC()));
    assertEquals("model.unknown_executor", error.code());
    assertEquals(List.of(), events);
  }

  @Test
  void aLengthThatDoesNotFitClosesTheExecutor() {
    refused("config.max-model-len", settings(0, 65, this::source));
    assertEquals(
        List.of("source opened", "executor opened", "executor closed", "source closed"), events);
  }

  @Test
  void aWarmUpThatFailsClosesTheExecutor() {
    IllegalStateException bug = new IllegalStateException("bug");
    Exception error =
        assertThrows(
            IllegalStateException.class,
            () -> load(settings(0, 64, this::source), Optional.of(bug)));
    assertEquals(bug, error);
    assertEquals(
        List.of("source opened", "executor opened", "executor closed", "source closed"), events);
  }

  @Test
  void aKeyThatCannotBeReadIsSaidBeforeTheExecutorIsOpened() {
    refused(
        "key.wrong",
        settings(
            0,
            64,
            () -> {
              throw new ConfigException("key.wrong", "no key");
            }));
    assertEquals(List.of(), events);
  }

  @Test
  void aStoreThatCannotBeUsedClosesSourceAndExecutor() throws IOException {
    Files.writeString(dir.resolve("file"), "");
    CodedException error =
        assertThrows(
            CodedException.class,
            () -> load(settings(0, 64, () -> source("file", registry -> {}))));
    assertTrue(error.code().startsWith("adapter."), error.code());
    assertEquals(
        List.of("source opened", "executor opened", "executor closed", "source closed"), events);
  }

  @Test
  void packagesThatAreRefusedCloseTheRegistryToo() {
    ConfigException bad = new ConfigException("config.demo", "no");
    refused(
        "config.demo",
        settings(
            0,
            64,
            () ->
                source(
                    "adapters",
                    registry -> {
                      throw bad;
                    })));
    assertEquals(
        List.of("source opened", "executor opened", "executor closed", "source closed"), events);
    // one process uses a store at a time: it was given back
    load(settings(0, 64, this::source)).close();
  }

  @Test
  void aPortThatIsTakenLeavesAServerThatCanBeClosed() throws IOException {
    try (ServerSocket taken = new ServerSocket(0)) {
      try (ServerAssembly server = load(settings(taken.getLocalPort(), 64, this::source))) {
        assertEquals("config.port", assertThrows(ConfigException.class, server::listen).code());
        assertTrue(server.drain());
      }
    }
    assertEquals(
        List.of("source opened", "executor opened", "executor closed", "source closed"), events);
  }

  private record RecordedSource(
      List<String> events,
      Path store,
      Path trust,
      RecipientKey key,
      Consumer<AdapterRegistry> filled)
      implements AdapterSource {
    @Override
    public void fill(AdapterRegistry registry) {
      filled.accept(registry);
    }

    @Override
    public void close() {
      events.add("source closed");
      key.close();
    }
  }

  /** The installed executor, observed. */
  private record RecordedFactory(
      List<String> events, AtomicInteger touched, Optional<RuntimeException> inForward)
      implements ExecutorFactory {
    @Override
    public String name() {
      return "recorded";
    }

    @Override
    public String describe() {
      return "recorded";
    }

    @Override
    public boolean exact() {
      return true;
    }

    @Override
    public ModelExecutor create(
        ModelConfig config, Checkpoint checkpoint, ExecutorOptions options) {
      ModelExecutor real =
          InstalledExecutors.all().named("native").create(config, checkpoint, options);
      events.add("executor opened");
      return new RecordedExecutor(events, touched, real, inForward);
    }
  }

  private record RecordedExecutor(
      List<String> events,
      AtomicInteger touched,
      ModelExecutor real,
      Optional<RuntimeException> inForward)
      implements ModelExecutor {
    @Override
    public ModelConfig config() {
      return real.config();
    }

    @Override
    public long bytesPerBlock() {
      return real.bytesPerBlock();
    }

    @Override
    public void allocateCache(int blocks) {
      real.allocateCache(blocks);
    }

    @Override
    public void touchCache() {
      touched.incrementAndGet();
      real.touchCache();
    }

    @Override
    public ForwardResult forward(ForwardBatch batch, List<ForwardHook> hooks) {
      if (inForward.isPresent()) {
        throw inForward.get();
      }
      return real.forward(batch, hooks);
    }

    @Override
    public void close() {
      events.add("executor closed");
      real.close();
    }
  }
}
