package dev.tensafe.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.batching.cache.PrefixSharing;
import dev.tensafe.batching.engine.Engine;
import dev.tensafe.batching.engine.EngineConfig;
import dev.tensafe.batching.engine.Speculation;
import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.batching.schedule.SchedulerConfig;
import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.client.EncryptedHook;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.lora.registry.RegistryConfig;
import dev.tensafe.lora.weights.LoraHook;
import dev.tensafe.lora.weights.PlainWeights;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.nativeexec.NativeExecutorFactory;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.server.config.ServerConfig;
import dev.tensafe.server.http.InferenceServer;
import dev.tensafe.server.http.ServedModel;
import dev.tensafe.server.structured.FormCompiler;
import dev.tensafe.server.tools.ToolFormat;
import dev.tensafe.server.tools.ToolFormats;
import dev.tensafe.server.trace.EncryptedTraces;
import dev.tensafe.server.trace.RequestTraces;
import dev.tensafe.server.trace.StepTraces;
import dev.tensafe.testkit.OtlpReceiver;
import dev.tensafe.tracing.Tracing;
import dev.tensafe.tracing.otel.OtelSetup;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.verify.BaseModel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** A whole server in this process, on a real socket, over a model with random weights. */
final class TestServer implements AutoCloseable {
  static final int MAX_LENGTH = 4096;
  private static final PrefixSharing PREFIXES = PrefixSharing.of("tiny");

  final ModelFiles files;
  final ModelExecutor executor;
  final Optional<EncryptedAdapters> encrypted;
  final Optional<AdapterRegistry> registry;
  final Engine engine;
  final InferenceServer server;
  private final Tracing tracing;
  private final RequestTraces traces;
  private final Optional<StepTraces> steps;
  private final FormCompiler forms;
  final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private TestServer(
      Path model,
      Path apiKeys,
      int maxQueuedTokens,
      TestCertificate tls,
      Adapters adapters,
      PrefixSharing prefixes,
      Optional<Speculation> speculation,
      boolean console) {
    this(
        model,
        apiKeys,
        maxQueuedTokens,
        tls,
        adapters,
        prefixes,
        speculation,
        console,
        Tracing.OFF);
  }

  private TestServer(
      Path model,
      Path apiKeys,
      int maxQueuedTokens,
      TestCertificate tls,
      Adapters adapters,
      PrefixSharing prefixes,
      Optional<Speculation> speculation,
      boolean console,
      Tracing tracing) {
    this.tracing = tracing;
    traces = new RequestTraces(tracing, Ticker.system());
    steps = traces.on() ? Optional.of(new StepTraces(traces)) : Optional.empty();
    files = ModelFiles.open(model, Clock.systemUTC());
    executor =
        new NativeExecutorFactory()
            .create(
                files.config(),
                files.checkpoint(),
                new ExecutorOptions(ExecutorOptions.Format.F32, 1));
    int positions = Math.min(MAX_LENGTH, files.config().maxPositions());
    int blocks = adapters == null ? 4 * positions / 16 : adapters.cacheBlocks();
    executor.allocateCache(blocks);
    encrypted =
        adapters == null
            ? Optional.empty()
            : adapters
                .mode()
                .map(
                    mode ->
                        mode.open(
                            adapters.owner().modelHost,
                            BaseModel.of(model).projections(),
                            files.config().layers()));
    registry =
        adapters == null
            ? Optional.empty()
            : Optional.of(
                AdapterRegistry.open(
                    new RegistryConfig(
                        adapters.directory(),
                        adapters.owner().trust,
                        adapters.owner().modelHost,
                        "tiny",
                        BaseModel.of(model),
                        files.config().layers(),
                        adapters.memoryBytes(),
                        encrypted.map(e -> e)),
                    Clock.systemUTC()));
    engine =
        new Engine(
            new EngineConfig(
                new SchedulerConfig(128, 128, 64, 16, 200, 2048),
                blocks,
                Math.min(positions, blocks * 16),
                maxQueuedTokens,
                prefixes),
            executor,
            hooks(adapters),
            files.tokenizer(),
            Ticker.system(),
            speculation);
    encrypted.ifPresent(e -> e.barred().onBarred(pair -> engine.distrustAdapter(pair.digest())));
    engine.start();
    ServerConfig config =
        new ServerConfig(
            "127.0.0.1",
            0,
            "tiny",
            apiKeys,
            2 << 20,
            4 << 20,
            // long enough for an upload on a busy machine
            adapters == null ? 1 : 5,
            600,
            30,
            console,
            List.of("https://example.org"),
            tls == null ? null : tls.certificate(),
            tls == null ? null : tls.key());
    ToolFormat tools =
        ToolFormats.of(files.chatTemplate() == null ? "" : files.chatTemplate().source());
    forms = new FormCompiler(files.tokenizer(), files.config().vocabSize(), tools, 1);
    ServedModel served =
        new ServedModel(
            "tiny",
            1,
            files.config().vocabSize(),
            files.tokenizer(),
            files.chatTemplate(),
            engine,
            registry,
            forms,
            tools);
    steps.ifPresent(engine::addStepListener);
    if (traces.on()) {
      encrypted.ifPresent(e -> e.traceWith(new EncryptedTraces(traces)));
    }
    server = InferenceServer.start(config, served, traces, Ticker.system(), Clock.systemUTC());
  }

  static ObjectNode shape() {
    return SyntheticModel.llama(32, 64, 2, 4, 2, 300, MAX_LENGTH);
  }

  static TestServer start(Path directory) throws IOException {
    return of(model(directory), null);
  }

  /** Writes the model that {@link #start} serves. */
  static Path model(Path directory) throws IOException {
    Path model = directory.resolve("model");
    SyntheticModel.write(model, shape(), DType.F32, 5);
    return model;
  }

  /** One whose requests are all traced. */
  static TestServer traced(Path model, Path apiKeys, Adapters adapters, OtlpReceiver receiver) {
    return traced(model, apiKeys, 100_000, adapters, receiver);
  }

  static TestServer traced(
      Path model, Path apiKeys, int maxQueuedTokens, Adapters adapters, OtlpReceiver receiver) {
    return new TestServer(
        model,
        apiKeys,
        maxQueuedTokens,
        null,
        adapters,
        PREFIXES,
        Optional.empty(),
        true,
        tracing(receiver, "tensafe"));
  }

  /** One with these traces, which are closed with it. */
  static TestServer traced(Path model, Tracing tracing) {
    return new TestServer(
        model, null, 100_000, null, null, PREFIXES, Optional.empty(), true, tracing);
  }

  /** Traces everything, to there. */
  static Tracing tracing(OtlpReceiver receiver, String service) {
    return OtelSetup.of(
        Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint(), "OTEL_BSP_SCHEDULE_DELAY", "20"),
        service,
        "test",
        Clock.systemUTC());
  }

  static TestServer of(Path model, Path apiKeys) {
    return new TestServer(model, apiKeys, 100_000, null, null, PREFIXES, Optional.empty(), true);
  }

  static TestServer withoutConsole(Path model) {
    return new TestServer(model, null, 100_000, null, null, PREFIXES, Optional.empty(), false);
  }

  static TestServer withQueue(Path model, int maxQueuedTokens) {
    return new TestServer(
        model, null, maxQueuedTokens, null, null, PREFIXES, Optional.empty(), true);
  }

  static TestServer withTls(Path model, TestCertificate tls) {
    return new TestServer(model, null, 100_000, tls, null, PREFIXES, Optional.empty(), true);
  }

  static TestServer secured(Path model, Path apiKeys, TestCertificate tls) {
    return new TestServer(model, apiKeys, 100_000, tls, null, PREFIXES, Optional.empty(), true);
  }

  /**
   * Where a server keeps adapters and whose it accepts.
   *
   * @param cacheBlocks of 16 positions; few of them make the engine preempt
   */
  record Adapters(
      Path directory,
      AdapterOwner owner,
      long memoryBytes,
      int cacheBlocks,
      Optional<EncryptedModeFactory> mode,
      List<ForwardHook> more) {
    Adapters(Path directory, AdapterOwner owner, long memoryBytes, int cacheBlocks) {
      this(directory, owner, memoryBytes, cacheBlocks, Optional.empty(), List.of());
    }
  }

  /** Makes what serves mode he. */
  interface EncryptedModeFactory {
    EncryptedAdapters open(RecipientKey key, BaseProjections base, int layers);
  }

  private List<ForwardHook> hooks(Adapters adapters) {
    List<ForwardHook> hooks = new ArrayList<>(adapters == null ? List.of() : adapters.more());
    registry.ifPresent(r -> hooks.add(new LoraHook(handle -> PlainWeights.of(r.resident(handle)))));
    encrypted.ifPresent(
        e -> hooks.add(new EncryptedHook(registry.orElseThrow()::resident, e, true)));
    steps.ifPresent(hooks::add);
    return hooks;
  }

  static TestServer withAdapters(Path model, Path apiKeys, Adapters adapters) {
    return new TestServer(
        model, apiKeys, 100_000, null, adapters, PREFIXES, Optional.empty(), true);
  }

  static TestServer withPrefixes(
      Path model, Path apiKeys, Adapters adapters, PrefixSharing prefixes) {
    return new TestServer(
        model, apiKeys, 100_000, null, adapters, prefixes, Optional.empty(), true);
  }

  static TestServer speculating(Path model, Adapters adapters, Speculation speculation) {
    return new TestServer(
        model, null, 100_000, null, adapters, PREFIXES, Optional.of(speculation), true);
  }

  HttpResponse<String> upload(Path file, String... headers) throws Exception {
    HttpRequest request =
        request("/v1/adapters", headers)
            .setHeader("Content-Type", "application/vnd.tensafe.tssp")
            .POST(HttpRequest.BodyPublishers.ofFile(file))
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> delete(String path, String... headers) throws Exception {
    return http.send(request(path, headers).DELETE().build(), HttpResponse.BodyHandlers.ofString());
  }

  URI uri(String path) {
    return URI.create(server.url() + path);
  }

  HttpResponse<String> get(String path, String... headers) throws Exception {
    return http.send(request(path, headers).GET().build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path, String json, String... headers) throws Exception {
    return post(path, json.getBytes(StandardCharsets.UTF_8), headers);
  }

  HttpResponse<String> post(String path, byte[] body, String... headers) throws Exception {
    HttpRequest request =
        request(path, headers)
            .setHeader("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path, String... headers) {
    HttpRequest.Builder builder = HttpRequest.newBuilder(uri(path));
    return headers.length == 0 ? builder : builder.headers(headers);
  }

  /** Waits, without sleeping, for something that other threads bring about. */
  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + 60_000_000_000L;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("timed out waiting for " + what);
      }
      Thread.yield();
    }
  }

  void awaitIdle() {
    await("the engine to be idle", () -> engine.active() == 0 && engine.status().usedBlocks() == 0);
  }

  @Override
  public void close() {
    server.close();
    engine.close();
    forms.close();
    registry.ifPresent(AdapterRegistry::close);
    encrypted.ifPresent(EncryptedAdapters::close);
    executor.close();
    files.close();
    tracing.close();
  }
}
