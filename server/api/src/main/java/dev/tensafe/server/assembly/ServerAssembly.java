package dev.tensafe.server.assembly;

import static java.util.Objects.requireNonNull;

import dev.tensafe.batching.engine.Engine;
import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.model.exec.ExecutorFactories;
import dev.tensafe.model.exec.ExecutorFactory;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.template.ChatTemplate;
import dev.tensafe.server.http.InferenceServer;
import dev.tensafe.server.http.ServedModel;
import dev.tensafe.server.structured.FormCompiler;
import dev.tensafe.server.tools.ToolFormat;
import dev.tensafe.server.tools.ToolFormats;
import dev.tensafe.server.trace.EncryptedTraces;
import dev.tensafe.server.trace.RequestTraces;
import dev.tensafe.server.trace.StepTraces;
import dev.tensafe.tracing.Tracing;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A whole server: model files, executor, adapters, engine, and once it listens, HTTP; each built on
 * those before it. Life: {@link #load}, {@link #listen}, {@link #drain}, {@link #close}, which
 * closes them in reverse. A step that fails leaves nothing open. Used by one thread.
 */
public final class ServerAssembly implements AutoCloseable {
  private final OpenedParts parts;
  private final ServerSettings settings;
  private final ServedModel model;
  private final RequestTraces traces;
  private final Ticker ticker;
  private final Clock clock;
  private Optional<InferenceServer> server = Optional.empty();

  private ServerAssembly(
      OpenedParts parts,
      ServerSettings settings,
      ServedModel model,
      RequestTraces traces,
      Ticker ticker,
      Clock clock) {
    this.parts = parts;
    this.settings = settings;
    this.model = model;
    this.traces = traces;
    this.ticker = ticker;
    this.clock = clock;
  }

  /**
   * Builds everything behind the socket, and starts the engine.
   *
   * @throws dev.tensafe.formats.CodedException that says which setting or file cannot be used:
   *     {@code model.*}, {@code draft.*}, {@code safetensors.*}, {@code template.*}, {@code
   *     config.*}, {@code adapter.*}, {@code trust.*}, {@code key.*}, {@code he.*}
   */
  public static ServerAssembly load(
      ServerSettings settings, ExecutorFactories executors, Ticker ticker, Clock clock) {
    return load(settings, executors, Tracing.OFF, ticker, clock);
  }

  /**
   * As the other, with traces.
   *
   * @param tracing not closed here
   */
  public static ServerAssembly load(
      ServerSettings settings,
      ExecutorFactories executors,
      Tracing tracing,
      Ticker ticker,
      Clock clock) {
    requireNonNull(ticker, "ticker is null");
    requireNonNull(clock, "clock is null");
    ExecutorFactory factory = executors.named(settings.executor());
    OpenedParts parts = new OpenedParts();
    try {
      ExecutorService compute =
          Executors.newSingleThreadExecutor(task -> new Thread(task, "engine"));
      parts.add(compute::shutdown);
      ModelFiles files = ModelFiles.open(settings.model(), clock);
      parts.add(files::close);
      // before the weights: opening it is quick, and may ask for a passphrase
      Optional<AdapterSource> source = settings.adapters().map(a -> a.source().get());
      source.ifPresent(opened -> parts.add(opened::close));
      Optional<DraftFiles> draft =
          settings
              .draftModel()
              .filter(directory -> settings.speculation().drafts(factory))
              .map(
                  directory ->
                      DraftFiles.open(
                          directory, settings.model(), files.config().vocabSize(), clock));
      draft.ifPresent(opened -> parts.add(opened::close));
      LoadedModel loaded = on(compute, () -> LoadedModel.load(factory, settings, files, draft));
      parts.add(loaded::close);
      String name = settings.http().modelName();
      AdapterHosting adapters =
          settings
              .adapters()
              .map(
                  a ->
                      AdapterHosting.open(
                          a,
                          source.orElseThrow(),
                          name,
                          settings.model(),
                          files.config().layers(),
                          settings.compute().threads(),
                          tracing,
                          clock))
              .orElseGet(AdapterHosting::none);
      parts.add(adapters::close);
      RequestTraces traces = new RequestTraces(tracing, ticker);
      Optional<StepTraces> steps =
          traces.on() ? Optional.of(new StepTraces(traces)) : Optional.empty();
      Engine engine =
          new Engine(
              loaded.engine(),
              loaded.executor(),
              hooks(adapters, steps),
              files.tokenizer(),
              ticker,
              settings.speculation().open(factory, loaded.draft()));
      parts.add(engine::close);
      if (traces.on()) {
        adapters.traceWith(new EncryptedTraces(traces));
      }
      steps.ifPresent(engine::addStepListener);
      adapters.onDistrust(engine::distrustAdapter);
      engine.start(compute);
      ToolFormat tools = toolFormat(settings, files);
      FormCompiler forms =
          new FormCompiler(
              files.tokenizer(),
              files.config().vocabSize(),
              tools,
              Math.max(1, settings.compute().threads() / 2));
      parts.add(forms::close);
      ServedModel model =
          new ServedModel(
              name,
              clock.instant().getEpochSecond(),
              files.config().vocabSize(),
              files.tokenizer(),
              files.chatTemplate(),
              engine,
              adapters.registry(),
              forms,
              tools);
      return new ServerAssembly(parts, settings, model, traces, ticker, clock);
    } catch (RuntimeException | Error e) {
      parts.closeAfter(e);
      throw e;
    }
  }

  private static List<ForwardHook> hooks(AdapterHosting adapters, Optional<StepTraces> steps) {
    List<ForwardHook> hooks = new ArrayList<>(adapters.hooks());
    steps.ifPresent(hooks::add);
    return hooks;
  }

  private static ToolFormat toolFormat(ServerSettings settings, ModelFiles files) {
    ChatTemplate template = files.chatTemplate();
    return settings
        .toolFormat()
        .orElseGet(() -> ToolFormats.of(template == null ? "" : template.source()));
  }

  /** Runs work on the engine's thread, to its end: what it uses is not closed under it. */
  private static <T> T on(ExecutorService compute, Callable<T> work) {
    Future<T> result = compute.submit(work);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return result.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException("loading failed", e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** What is behind the routes, for an API that brings routes of its own. */
  public ServedModel model() {
    return model;
  }

  /**
   * Begins to serve; once only.
   *
   * @return the URL that it listens on, with the port that was bound
   * @throws dev.tensafe.runtime.ConfigException {@code config.*}; it may be tried again
   */
  public String listen() {
    if (server.isPresent()) {
      throw new IllegalStateException("the server listens already");
    }
    InferenceServer started = InferenceServer.start(settings.http(), model, traces, ticker, clock);
    parts.add(started::close);
    server = Optional.of(started);
    return started.url();
  }

  /**
   * Refuses new requests; returns when the running ones are done, or the drain time is over.
   *
   * @return whether all were done
   */
  public boolean drain() {
    return server.map(s -> s.drain().toCompletionStage().toCompletableFuture().join()).orElse(true);
  }

  @Override
  public void close() {
    parts.close();
  }
}
