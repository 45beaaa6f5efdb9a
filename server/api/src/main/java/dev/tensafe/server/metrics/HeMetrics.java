package dev.tensafe.server.metrics;

import dev.tensafe.he.client.BarredHosts;
import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.client.HeListener;
import dev.tensafe.he.transport.LocalHost;
import dev.tensafe.runtime.metrics.BoundedNames;
import dev.tensafe.runtime.metrics.Families;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The metrics of encrypted adapters. At most {@value BoundedNames#MAX_NAMES} of them have labels of
 * their own; the others count together.
 */
final class HeMetrics implements HeListener {
  private static final double[] LATENCY = {
    0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5
  };

  /** |z| of a tag in units of the honest deviation; beyond 8 a host is barred. */
  private static final double[] RESIDUALS = {0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8};

  private final Families families;
  private final BoundedNames names = new BoundedNames();
  private final BoundedNames reasons = new BoundedNames();
  private final BoundedNames packings = new BoundedNames();
  private final Map<String, Meters> byAdapter = new ConcurrentHashMap<>();
  private final Map<String, Counter> byPacking = new ConcurrentHashMap<>();

  HeMetrics(Families families) {
    this.families = families;
  }

  /** Begins to count what an encrypted mode does. */
  static void bind(EncryptedAdapters adapters, Families families) {
    adapters.listen(new HeMetrics(families));
    families.gauge(HeFamilies.SESSIONS, adapters, EncryptedAdapters::connected);
    families.gauge(HeFamilies.PADS, adapters, EncryptedAdapters::padsReady);
    families.gauge(HeFamilies.BARRED, adapters, of -> of.barred().list().size());
    adapters
        .embeddedHost()
        .ifPresent(
            host -> {
              families.gauge(HeFamilies.POOL, host, LocalHost::poolLevel);
              families.gauge(HeFamilies.POOL_CAPACITY, host, LocalHost::poolCapacity);
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
    static Meters of(Families families, String adapter) {
      Map<LaneEvent, Counter> lanes = new EnumMap<>(LaneEvent.class);
      for (LaneEvent event : LaneEvent.values()) {
        lanes.put(
            event,
            families.counter(HeFamilies.LANES, adapter, event.name().toLowerCase(Locale.ROOT)));
      }
      // that there was none is said, too
      for (BarredHosts.Reason reason : BarredHosts.Reason.values()) {
        families.counter(HeFamilies.DISTRUSTED, adapter, reason.code());
      }
      return new Meters(
          families.times(HeFamilies.LATENCY, HeMetrics.LATENCY, adapter),
          families.counter(HeFamilies.SECONDS, adapter, "encrypt"),
          families.counter(HeFamilies.SECONDS, adapter, "evaluate"),
          families.counter(HeFamilies.SECONDS, adapter, "wire"),
          families.counter(HeFamilies.SECONDS, adapter, "decrypt"),
          families.counter(HeFamilies.BYTES, adapter, "up"),
          families.counter(HeFamilies.BYTES, adapter, "down"),
          families.counter(HeFamilies.ROWS, adapter),
          families.counter(HeFamilies.ROTATIONS, adapter),
          families.summary(HeFamilies.FILL, adapter),
          families.counter(HeFamilies.TAGS_CHECKED, adapter),
          families.sizes(HeFamilies.TAG_RESIDUAL, RESIDUALS, adapter),
          lanes);
    }
  }

  private Meters meters(String adapter) {
    return byAdapter.computeIfAbsent(names.label(adapter), name -> Meters.of(families, name));
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
            packings.label(e.packing()), packing -> families.counter(HeFamilies.MESSAGES, packing))
        .increment();
  }

  @Override
  public void failed(String adapter, String code) {
    families.counter(HeFamilies.FAILURES, names.label(adapter), reasons.label(code)).increment();
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
    families
        .counter(HeFamilies.DISTRUSTED, names.label(adapter), reasons.label(reason))
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
