package dev.tensafe.server.metrics;

import dev.tensafe.batching.engine.Engine;
import dev.tensafe.batching.engine.EngineStatus;
import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.lora.registry.AdapterRegistry;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * Every metric of the server, under the names existing dashboards query (vLLM's, with its buckets)
 * and under our own. Thread-safe. Labels hold the served model's name, never request content.
 */
public final class ServerMetrics {
  private static final double[] FIRST_TOKEN = {
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40,
    80, 160, 640, 2560
  };
  private static final double[] INTER_TOKEN = {
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80
  };
  private static final double[] REQUEST = {
    0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680
  };

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final String model;
  private final Counter promptTokens;
  private final Counter generationTokens;
  private final Counter ownPromptTokens;
  private final Counter ownGenerationTokens;
  private final Timer firstToken;
  private final Timer interToken;
  private final Timer endToEnd;
  private final Timer queue;
  private final Timer prefill;
  private final Timer decode;
  private final Timer latency;
  private final AdapterMetrics adapters;
  private final TenantPrompts tenants;

  public ServerMetrics(
      String model, Engine engine, Optional<AdapterRegistry> registered, Clock clock) {
    this.model = model;
    registry.config().namingConvention(new ColonNaming());
    promptTokens = counter("vllm:prompt_tokens");
    generationTokens = counter("vllm:generation_tokens");
    ownPromptTokens = tokens("prompt");
    ownGenerationTokens = tokens("generation");
    firstToken = timer("vllm:time_to_first_token", FIRST_TOKEN);
    interToken = timer("vllm:inter_token_latency", INTER_TOKEN);
    endToEnd = timer("vllm:e2e_request_latency", REQUEST);
    queue = timer("vllm:request_queue_time", REQUEST);
    prefill = timer("vllm:request_prefill_time", REQUEST);
    decode = timer("vllm:request_decode_time", REQUEST);
    latency = timer("tensafe_inference_latency", REQUEST);
    for (String reason : new String[] {"stop", "length", "abort", "error"}) {
      finished(reason);
    }
    gauge("vllm:num_requests_running", engine, EngineStatus::running);
    gauge("vllm:num_requests_waiting", engine, EngineStatus::waiting);
    gauge(
        "vllm:kv_cache_usage_perc",
        engine,
        status -> (double) status.usedBlocks() / status.totalBlocks());
    gauge("tensafe_request_queue_depth", engine, EngineStatus::waiting);
    counter("vllm:num_preemptions", engine, EngineStatus::preemptions);
    counter("tensafe_engine_internal_errors", engine, EngineStatus::internalErrors);
    counter("vllm:prefix_cache_queries", engine, EngineStatus::queriedTokens);
    counter("vllm:prefix_cache_hits", engine, EngineStatus::cachedTokens);
    counter("vllm:prompt_tokens_cached", engine, EngineStatus::cachedTokens);
    gauge("tensafe_prefix_cache_blocks", engine, EngineStatus::cachedBlocks);
    tenants = new TenantPrompts(registry);
    engine.addStepListener(new StepMetrics(registry, model));
    engine.addStepListener(new TenantMetrics(registry));
    adapters = new AdapterMetrics(registry, engine, engine.maxRunning(), registered, clock);
    if (registered.flatMap(AdapterRegistry::encrypted).orElse(null)
        instanceof EncryptedAdapters encrypted) {
      HeMetrics.bind(encrypted, registry);
    }
  }

  public AdapterMetrics adapters() {
    return adapters;
  }

  /** The counters for requests of an adapter. */
  public AdapterUsage adapter(Optional<String> name) {
    return adapters.usage(name);
  }

  /** The counters for requests of a tenant. */
  public TenantUsage tenant(String name) {
    return tenants.usage(name);
  }

  private void counter(String name, Engine engine, ToDoubleFunction<EngineStatus> value) {
    FunctionCounter.builder(name, engine, e -> value.applyAsDouble(e.status()))
        .tag("model_name", model)
        .register(registry);
  }

  private Counter counter(String name) {
    return Counter.builder(name).tag("model_name", model).register(registry);
  }

  private Counter tokens(String type) {
    return Counter.builder("tensafe_inference_tokens")
        .tag("model_name", model)
        .tag("type", type)
        .register(registry);
  }

  private Timer timer(String name, double[] bucketSeconds) {
    return Timer.builder(name)
        .tag("model_name", model)
        .serviceLevelObjectives(
            Arrays.stream(bucketSeconds)
                .mapToObj(seconds -> Duration.ofNanos(Math.round(seconds * 1e9)))
                .toArray(Duration[]::new))
        .register(registry);
  }

  private void gauge(String name, Engine engine, ToDoubleFunction<EngineStatus> value) {
    Gauge.builder(name, engine, e -> value.applyAsDouble(e.status()))
        .tag("model_name", model)
        .register(registry);
  }

  void finished(String reason, double count) {
    Counter.builder("vllm:request_success")
        .tag("model_name", model)
        .tag("finished_reason", reason)
        .register(registry)
        .increment(count);
  }

  private void finished(String reason) {
    finished(reason, 0);
  }

  void prompt(int tokens) {
    promptTokens.increment(tokens);
    ownPromptTokens.increment(tokens);
  }

  void generated(int tokens) {
    generationTokens.increment(tokens);
    ownGenerationTokens.increment(tokens);
  }

  void queued(long nanos) {
    queue.record(Duration.ofNanos(nanos));
  }

  void firstToken(long sinceSubmission, long sinceScheduled) {
    firstToken.record(Duration.ofNanos(sinceSubmission));
    prefill.record(Duration.ofNanos(sinceScheduled));
  }

  /** Tokens after the first, with the time each of them took. */
  void nextTokens(int count, long nanosEach) {
    for (int i = 0; i < count; i++) {
      interToken.record(Duration.ofNanos(nanosEach));
    }
  }

  void ended(long sinceSubmission, long sinceFirstToken) {
    endToEnd.record(Duration.ofNanos(sinceSubmission));
    latency.record(Duration.ofNanos(sinceSubmission));
    decode.record(Duration.ofNanos(sinceFirstToken));
  }

  /** The exposition in Prometheus' text format. */
  public String scrape() {
    return registry.scrape() + adapters.requestsInfo();
  }
}
