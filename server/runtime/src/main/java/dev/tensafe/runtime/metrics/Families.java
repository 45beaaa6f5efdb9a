package dev.tensafe.runtime.metrics;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Makes the metrics of one program out of {@link Family families}, and holds them. The same family
 * and values give the same metric. Thread-safe.
 */
public final class Families {
  private final PrometheusMeterRegistry registry;
  private final ExemplarScope exemplars = new ExemplarScope();
  // gauges of the library's own, which say nothing that the histograms do not
  private final Set<String> largest = ConcurrentHashMap.newKeySet();

  public Families() {
    registry =
        new PrometheusMeterRegistry(
            new Settings(), new PrometheusRegistry(), Clock.SYSTEM, exemplars);
    registry.config().namingConvention(new FamilyNaming());
  }

  /** How the registry works; nothing of it comes from outside. */
  private static final class Settings implements PrometheusConfig {
    @Override
    public @Nullable String get(String key) {
      return null;
    }

    /**
     * One observation in so many milliseconds may become an exemplar, traced or not; the library's
     * 90 would lose those of a server whose traces are few.
     */
    @Override
    public Properties prometheusProperties() {
      Properties properties = new Properties();
      properties.setProperty("io.prometheus.exemplars.sample_interval_milliseconds", "10");
      return properties;
    }
  }

  /** What they are registered with, for meters that are no family. */
  public PrometheusMeterRegistry registry() {
    return registry;
  }

  /** All metrics now. */
  public List<MetricSnapshot> snapshots() {
    return registry.getPrometheusRegistry().scrape().stream()
        .filter(snapshot -> !largest.contains(snapshot.getMetadata().getName()))
        .toList();
  }

  /** Which trace observations of a thread belong to. */
  public ExemplarScope exemplars() {
    return exemplars;
  }

  /**
   * @param values of the family's labels, in their order
   */
  public Counter counter(Family family, String... values) {
    return Counter.builder(named(family, Family.Kind.COUNTER))
        .description(family.help())
        .tags(tags(family, values))
        .register(registry);
  }

  /** A counter that is read off something else. */
  public <T> void counter(Family family, T from, ToDoubleFunction<T> value, String... values) {
    FunctionCounter.builder(named(family, Family.Kind.COUNTER), from, value)
        .description(family.help())
        .tags(tags(family, values))
        .register(registry);
  }

  /** A gauge that is read off something else. */
  public <T> void gauge(Family family, T from, ToDoubleFunction<T> value, String... values) {
    Gauge.builder(named(family, Family.Kind.GAUGE), from, value)
        .description(family.help())
        .tags(tags(family, values))
        // nothing else may hold what is looked at
        .strongReference(true)
        .register(registry);
  }

  /** A histogram of times, in seconds. */
  public Timer times(Family family, double[] bounds, String... values) {
    return Timer.builder(named(family, Family.Kind.HISTOGRAM))
        .description(family.help())
        .tags(tags(family, values))
        .serviceLevelObjectives(
            Arrays.stream(bounds)
                .mapToObj(seconds -> Duration.ofNanos(Math.round(seconds * 1e9)))
                .toArray(Duration[]::new))
        .register(registry);
  }

  /** A histogram of sizes. */
  public DistributionSummary sizes(Family family, double[] bounds, String... values) {
    return DistributionSummary.builder(named(family, Family.Kind.HISTOGRAM))
        .description(family.help())
        .tags(tags(family, values))
        .serviceLevelObjectives(bounds)
        .register(registry);
  }

  /** Count and sum of sizes. */
  public DistributionSummary summary(Family family, String... values) {
    return DistributionSummary.builder(named(family, Family.Kind.SUMMARY))
        .description(family.help())
        .tags(tags(family, values))
        .register(registry);
  }

  /** Takes metrics away. */
  public void remove(List<? extends Meter> meters) {
    meters.forEach(registry::remove);
  }

  private String named(Family family, Family.Kind kind) {
    if (family.kind() != kind) {
      throw new IllegalArgumentException(family.name() + " is no " + kind.label());
    }
    if (kind == Family.Kind.HISTOGRAM || kind == Family.Kind.SUMMARY) {
      largest.add(family.name() + "_max");
    }
    return family.registered();
  }

  private static List<Tag> tags(Family family, String... values) {
    if (values.length != family.labels().size()) {
      throw new IllegalArgumentException(family.name() + " has the labels " + family.labels());
    }
    List<Tag> tags = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      tags.add(Tag.of(family.labels().get(i), values[i]));
    }
    return tags;
  }
}
