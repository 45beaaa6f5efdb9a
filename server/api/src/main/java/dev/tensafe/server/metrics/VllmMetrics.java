package dev.tensafe.server.metrics;

import dev.tensafe.batching.engine.Engine;
import dev.tensafe.batching.engine.EngineStatus;
import dev.tensafe.runtime.metrics.Families;
import dev.tensafe.runtime.metrics.Family;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Timer;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What vLLM's dashboards query, with its names, labels and buckets. There is one engine, {@value
 * #ENGINE}. Thread-safe.
 */
final class VllmMetrics {
  static final String ENGINE = "0";

  private static final double[] FIRST_TOKEN = {
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40,
    80, 160, 640, 2560
  };
  private static final double[] TOKEN = {
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80
  };
  static final double[] REQUEST = {
    0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680
  };
  static final double[] ITERATION = {
    1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384
  };
  private static final double[] CHOICES = {1, 2, 5, 10, 20};

  private final Families families;
  private final Engine engine;
  private final String model;
  private final Counter promptTokens;
  private final Counter computed;
  private final Counter cached;
  private final Counter generationTokens;
  private final Timer firstToken;
  private final Timer interToken;
  private final Timer perOutputToken;
  private final Timer endToEnd;
  private final Timer queue;
  private final Timer inference;
  private final Timer prefill;
  private final Timer decode;
  private final DistributionSummary promptLength;
  private final DistributionSummary outputLength;
  private final DistributionSummary computedLength;
  private final DistributionSummary longest;
  private final DistributionSummary choices;
  private final DistributionSummary maxTokens;

  VllmMetrics(Families families, Engine engine, String model) {
    this.families = families;
    this.engine = engine;
    this.model = model;
    promptTokens = counter(VllmFamilies.PROMPT_TOKENS);
    computed =
        families.counter(VllmFamilies.PROMPT_TOKENS_BY_SOURCE, model, ENGINE, "local_compute");
    cached =
        families.counter(VllmFamilies.PROMPT_TOKENS_BY_SOURCE, model, ENGINE, "local_cache_hit");
    generationTokens = counter(VllmFamilies.GENERATION_TOKENS);
    for (String reason : new String[] {"stop", "length", "abort", "error"}) {
      finished(reason, 0);
    }
    firstToken = times(VllmFamilies.FIRST_TOKEN, FIRST_TOKEN);
    interToken = times(VllmFamilies.INTER_TOKEN, TOKEN);
    perOutputToken = times(VllmFamilies.PER_OUTPUT_TOKEN, TOKEN);
    endToEnd = times(VllmFamilies.END_TO_END, REQUEST);
    queue = times(VllmFamilies.QUEUE, REQUEST);
    inference = times(VllmFamilies.INFERENCE, REQUEST);
    prefill = times(VllmFamilies.PREFILL, REQUEST);
    decode = times(VllmFamilies.DECODE, REQUEST);
    double[] lengths = lengths(engine.maxSequenceLength());
    promptLength = sizes(VllmFamilies.REQUEST_PROMPT_TOKENS, lengths);
    outputLength = sizes(VllmFamilies.REQUEST_GENERATION_TOKENS, lengths);
    computedLength = sizes(VllmFamilies.REQUEST_COMPUTED_TOKENS, lengths);
    longest = sizes(VllmFamilies.MAX_GENERATION_TOKENS, lengths);
    choices = sizes(VllmFamilies.PARAM_N, CHOICES);
    maxTokens = sizes(VllmFamilies.PARAM_MAX_TOKENS, lengths);
    gauge(VllmFamilies.RUNNING, EngineStatus::running);
    gauge(VllmFamilies.WAITING, EngineStatus::waiting);
    // whoever waits in the engine waits for blocks or a place in the batch
    gauge(VllmFamilies.WAITING_BY_REASON, EngineStatus::waiting, "capacity");
    gauge(VllmFamilies.WAITING_BY_REASON, status -> 0, "deferred");
    gauge(VllmFamilies.SLEEP_STATE, status -> 1, "awake");
    gauge(VllmFamilies.SLEEP_STATE, status -> 0, "weights_offloaded");
    gauge(VllmFamilies.SLEEP_STATE, status -> 0, "discard_all");
    gauge(VllmFamilies.CACHE_USAGE, s -> (double) s.usedBlocks() / s.totalBlocks());
    count(VllmFamilies.PREEMPTIONS, EngineStatus::preemptions);
    count(VllmFamilies.CACHE_QUERIES, EngineStatus::queriedTokens);
    count(VllmFamilies.CACHE_HITS, EngineStatus::cachedTokens);
    count(VllmFamilies.PROMPT_TOKENS_CACHED, EngineStatus::cachedTokens);
    count(VllmFamilies.PROMPT_TOKENS_CACHED_BY_SOURCE, EngineStatus::cachedTokens, "device");
  }

  /** 1, 2, 5, 10, 20, 50, … up to a length. */
  static double[] lengths(int most) {
    List<Double> bounds = new ArrayList<>();
    for (long power = 1; power <= most; power *= 10) {
      for (long digit : new long[] {1, 2, 5}) {
        if (digit * power <= most) {
          bounds.add((double) (digit * power));
        }
      }
    }
    return bounds.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private Counter counter(Family family) {
    return families.counter(family, model, ENGINE);
  }

  private Timer times(Family family, double[] bounds) {
    return families.times(family, bounds, model, ENGINE);
  }

  private DistributionSummary sizes(Family family, double[] bounds) {
    return families.sizes(family, bounds, model, ENGINE);
  }

  private void gauge(Family family, ToDoubleFunction<EngineStatus> value, String... more) {
    families.gauge(family, engine, e -> value.applyAsDouble(e.status()), values(more));
  }

  private void count(Family family, ToDoubleFunction<EngineStatus> value, String... more) {
    families.counter(family, engine, e -> value.applyAsDouble(e.status()), values(more));
  }

  private String[] values(String... more) {
    List<String> all = new ArrayList<>(List.of(model, ENGINE));
    all.addAll(List.of(more));
    return all.toArray(new String[0]);
  }

  void finished(String reason, double count) {
    families.counter(VllmFamilies.SUCCESS, model, ENGINE, reason).increment(count);
  }

  void scheduled(long waited, int tokens, int found) {
    queue.record(Duration.ofNanos(waited));
    computed.increment(tokens - found);
    cached.increment(found);
    computedLength.record(tokens - found);
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

  void generated(int tokens) {
    generationTokens.increment(tokens);
  }

  /** One output came to its end. */
  void ended(OutputTimes times, int prompt, int output, int most) {
    promptTokens.increment(prompt);
    promptLength.record(prompt);
    outputLength.record(output);
    maxTokens.record(most);
    endToEnd.record(Duration.ofNanos(times.total()));
    inference.record(Duration.ofNanos(times.running()));
    decode.record(Duration.ofNanos(times.decoding()));
    perOutputToken.record(Duration.ofNanos(output > 1 ? times.decoding() / (output - 1) : 0));
  }

  /** All outputs of a prompt came to an end. */
  void answered(int outputs, int longestOutput) {
    choices.record(outputs);
    longest.record(longestOutput);
  }

  /** The same numbers under names that they had in older versions. */
  static List<MetricSnapshot> withOldNames(List<MetricSnapshot> snapshots) {
    List<MetricSnapshot> all = new ArrayList<>(snapshots);
    for (MetricSnapshot snapshot : snapshots) {
      String name = snapshot.getMetadata().getName();
      if (snapshot instanceof HistogramSnapshot histogram
          && name.equals(VllmFamilies.INTER_TOKEN.name())) {
        all.add(
            new HistogramSnapshot(
                metadata(VllmFamilies.OLD_INTER_TOKEN), histogram.getDataPoints()));
      }
      if (snapshot instanceof GaugeSnapshot gauge && name.equals(VllmFamilies.CACHE_USAGE.name())) {
        all.add(new GaugeSnapshot(metadata(VllmFamilies.OLD_CACHE_USAGE), gauge.getDataPoints()));
      }
    }
    return all;
  }

  /** {@code vllm:cache_config_info}: the cache's settings as labels. */
  MetricSnapshot cacheConfig() {
    return one(
        VllmFamilies.CACHE_CONFIG,
        1,
        Integer.toString(engine.blockSize()),
        "auto",
        engine.sharesPrefixes() ? "True" : "False",
        ENGINE,
        Integer.toString(engine.status().totalBlocks()));
  }

  private static MetricMetadata metadata(Family family) {
    return new MetricMetadata(family.name(), family.help());
  }

  /** A family with a gauge for each value of its label. */
  static MetricSnapshot byLabel(Family family, Map<String, Double> values) {
    String label = family.labels().get(0);
    return new GaugeSnapshot(
        metadata(family),
        values.entrySet().stream()
            .map(v -> new GaugeDataPointSnapshot(v.getValue(), Labels.of(label, v.getKey()), null))
            .toList());
  }

  /** A family with one gauge. */
  static MetricSnapshot one(Family family, double value, String... values) {
    Labels labels = Labels.of(family.labels().toArray(new String[0]), values);
    return new GaugeSnapshot(
        metadata(family), List.of(new GaugeDataPointSnapshot(value, labels, null)));
  }
}
