package dev.tensafe.server.metrics;

import dev.tensafe.batching.engine.Engine;
import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.runtime.metrics.ExemplarScope;
import dev.tensafe.runtime.metrics.Exposition;
import dev.tensafe.runtime.metrics.Families;
import dev.tensafe.runtime.metrics.ProcessMetrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Every metric of the server, under the names existing dashboards query (vLLM's, with its buckets)
 * and under our own: {@link MetricCatalog}. Thread-safe. Labels hold names of the model, of
 * adapters and tenants and codes of errors, never request content.
 */
public final class ServerMetrics implements AutoCloseable {
  private final Families families = new Families();
  private final ProcessMetrics process = new ProcessMetrics(families);
  private final VllmMetrics vllm;
  private final Counter promptTokens;
  private final Counter generationTokens;
  private final Timer latency;
  private final AdapterMetrics adapters;
  private final TenantUsages tenants;
  private final HttpMetrics http;

  public ServerMetrics(
      String model, Engine engine, Optional<AdapterRegistry> registered, Clock clock) {
    vllm = new VllmMetrics(families, engine, model);
    http = new HttpMetrics(families);
    promptTokens = families.counter(ServerFamilies.TOKENS, model, "prompt");
    generationTokens = families.counter(ServerFamilies.TOKENS, model, "generation");
    latency = families.times(ServerFamilies.LATENCY, VllmMetrics.REQUEST, model);
    families.gauge(ServerFamilies.QUEUE_DEPTH, engine, e -> e.status().waiting(), model);
    families.counter(
        ServerFamilies.INTERNAL_ERRORS, engine, e -> e.status().internalErrors(), model);
    families.gauge(ServerFamilies.CACHED_BLOCKS, engine, e -> e.status().cachedBlocks(), model);
    tenants = new TenantUsages(families);
    engine.addStepListener(new StepMetrics(families, model));
    engine.addStepListener(new TenantMetrics(families));
    adapters = new AdapterMetrics(families, engine, engine.maxRunning(), registered, clock);
    if (registered.flatMap(AdapterRegistry::encrypted).orElse(null)
        instanceof EncryptedAdapters encrypted) {
      HeMetrics.bind(encrypted, families);
    }
  }

  public AdapterMetrics adapters() {
    return adapters;
  }

  public HttpMetrics http() {
    return http;
  }

  /** The counters for requests of an adapter. */
  public AdapterUsage adapter(Optional<String> name) {
    return adapters.usage(name);
  }

  /** The counters for requests of a tenant. */
  public TenantUsage tenant(String name) {
    return tenants.usage(name);
  }

  ExemplarScope exemplars() {
    return families.exemplars();
  }

  void finished(String reason) {
    vllm.finished(reason, 1);
  }

  void scheduled(long waited, int tokens, int found) {
    vllm.scheduled(waited, tokens, found);
  }

  void firstToken(long sinceSubmission, long sinceScheduled) {
    vllm.firstToken(sinceSubmission, sinceScheduled);
  }

  void nextTokens(int count, long nanosEach) {
    vllm.nextTokens(count, nanosEach);
  }

  void generated(int tokens) {
    vllm.generated(tokens);
    generationTokens.increment(tokens);
  }

  void ended(OutputTimes times, int prompt, int output, int most) {
    promptTokens.increment(prompt);
    latency.record(Duration.ofNanos(times.total()));
    vllm.ended(times, prompt, output, most);
  }

  void answered(int outputs, int longest) {
    vllm.answered(outputs, longest);
  }

  /** The exposition in Prometheus' text format. */
  public String scrape() {
    return scrape(null).text();
  }

  /**
   * The exposition in the format that a client asks for.
   *
   * @param accept the header, null for none
   */
  public Exposition scrape(@Nullable String accept) {
    List<MetricSnapshot> all = VllmMetrics.withOldNames(families.snapshots());
    all.add(vllm.cacheConfig());
    all.add(adapters.requestsInfo());
    all.addAll(adapters.budgets());
    return Exposition.of(all, accept);
  }

  @Override
  public void close() {
    process.close();
  }
}
