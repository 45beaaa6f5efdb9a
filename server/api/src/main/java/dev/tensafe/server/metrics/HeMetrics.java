package dev.tensafe.server.metrics;

import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.client.HeListener;
import dev.tensafe.he.transport.LocalHost;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The metrics of encrypted adapters. At most {@value AdapterMetrics#MAX_NAMES} of them have labels
 * of their own; the others count together as {@value AdapterMetrics#OTHER}.
 */
final class HeMetrics implements HeListener {
  private static final Duration[] LATENCY = {
    Duration.ofNanos(250_000),
    Duration.ofNanos(500_000),
    Duration.ofMillis(1),
    Duration.ofNanos(2_500_000),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofMillis(2500),
    Duration.ofSeconds(5)
  };

  /** |z| of a tag in units of the honest deviation; beyond 8 a host is barred. */
  private static final double[] RESIDUALS = {0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8};

  private final MeterRegistry registry;
  private final Map<String, Meters> byAdapter = new ConcurrentHashMap<>();
  private final Map<String, Counter> byPacking = new ConcurrentHashMap<>();

  private HeMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /** Begins to count what an encrypted mode does. */
  static void bind(EncryptedAdapters adapters, MeterRegistry registry) {
    adapters.listen(new HeMetrics(registry));
    Gauge.builder("tensafe_he_sessions", adapters, EncryptedAdapters::connected).register(registry);
    Gauge.builder("tensafe_he_pads_ready", adapters, EncryptedAdapters::padsReady)
        .register(registry);
    Gauge.builder("tensafe_he_barred_pairs", adapters, of -> of.barred().list().size())
        .register(registry);
    adapters
        .embeddedHost()
        .ifPresent(
            host -> {
              Gauge.builder("tensafe_he_pool_level", host, LocalHost::poolLevel).register(registry);
              Gauge.builder("tensafe_he_pool_capacity", host, LocalHost::poolCapacity)
                  .register(registry);
            });
  }

  /** The counters of one adapter. */
  private record Meters(
      Timer latency,
      Counter encrypt,
      Counter evaluate,
      Counter wire,
      Counter decrypt,
      Counter up,
      Counter down,
      Counter rows,
      Counter rotations,
      DistributionSummary fill,
      Counter checked,
      DistributionSummary residual,
      Map<LaneEvent, Counter> lanes) {
    static Meters of(MeterRegistry registry, String adapter) {
      return new Meters(
          Timer.builder("tensafe_he_lora_latency")
              .tag("adapter", adapter)
              .serviceLevelObjectives(LATENCY)
              .register(registry),
          stage(registry, adapter, "encrypt"),
          stage(registry, adapter, "evaluate"),
          stage(registry, adapter, "wire"),
          stage(registry, adapter, "decrypt"),
          bytes(registry, adapter, "up"),
          bytes(registry, adapter, "down"),
          Counter.builder("tensafe_he_token_rows").tag("adapter", adapter).register(registry),
          Counter.builder("tensafe_he_rotations").tag("adapter", adapter).register(registry),
          DistributionSummary.builder("tensafe_he_batch_fill")
              .tag("adapter", adapter)
              .register(registry),
          Counter.builder("tensafe_he_tags_checked").tag("adapter", adapter).register(registry),
          DistributionSummary.builder("tensafe_he_tag_residual")
              .tag("adapter", adapter)
              .serviceLevelObjectives(RESIDUALS)
              .register(registry),
          lanes(registry, adapter));
    }

    private static Map<LaneEvent, Counter> lanes(MeterRegistry registry, String adapter) {
      Map<LaneEvent, Counter> counters = new EnumMap<>(LaneEvent.class);
      for (LaneEvent event : LaneEvent.values()) {
        counters.put(
            event,
            Counter.builder("tensafe_he_lanes")
                .tag("adapter", adapter)
                .tag("event", event.name().toLowerCase(Locale.ROOT))
                .register(registry));
      }
      return counters;
    }

    private static Counter stage(MeterRegistry registry, String adapter, String stage) {
      return Counter.builder("tensafe_he_seconds")
          .tag("adapter", adapter)
          .tag("stage", stage)
          .register(registry);
    }

    private static Counter bytes(MeterRegistry registry, String adapter, String direction) {
      return Counter.builder("tensafe_he_bytes")
          .tag("adapter", adapter)
          .tag("direction", direction)
          .register(registry);
    }
  }

  private Meters meters(String adapter) {
    Meters known = byAdapter.get(adapter);
    if (known != null) {
      return known;
    }
    return byAdapter.computeIfAbsent(label(adapter), name -> Meters.of(registry, name));
  }

  private String label(String adapter) {
    return byAdapter.containsKey(adapter) || byAdapter.size() < AdapterMetrics.MAX_NAMES
        ? adapter
        : AdapterMetrics.OTHER;
  }

  @Override
  public void exchanged(Exchange e) {
    Meters m = meters(e.adapter());
    m.latency().record(e.latencyNanos(), TimeUnit.NANOSECONDS);
    m.encrypt().increment(e.encryptNanos() / 1e9);
    m.evaluate().increment(e.evaluateNanos() / 1e9);
    m.wire().increment(e.wireNanos() / 1e9);
    m.decrypt().increment(e.decryptNanos() / 1e9);
    m.up().increment((double) e.bytesUp());
    m.down().increment((double) e.bytesDown());
    m.rows().increment(e.tokens());
    m.fill().record(e.fill());
    byPacking
        .computeIfAbsent(
            e.packing(),
            packing ->
                Counter.builder("tensafe_he_messages").tag("packing", packing).register(registry))
        .increment();
  }

  @Override
  public void failed(String adapter, String code) {
    Counter.builder("tensafe_he_failures")
        .tag("adapter", label(adapter))
        .tag("reason", code)
        .register(registry)
        .increment();
  }

  @Override
  public void checked(String adapter, double[] z, int count) {
    Meters m = meters(adapter);
    m.checked().increment(count);
    for (int i = 0; i < count; i++) {
      m.residual().record(Math.abs(z[i]));
    }
  }

  @Override
  public void distrusted(String adapter, String reason) {
    Counter.builder("tensafe_he_distrusted")
        .tag("adapter", label(adapter))
        .tag("reason", reason)
        .register(registry)
        .increment();
  }

  @Override
  public void lanes(String adapter, LaneEvent event, int count) {
    Counter counter = meters(adapter).lanes().get(event);
    if (counter != null) {
      counter.increment(count);
    }
  }
}
