package dev.tensafe.owner.host;

import static dev.tensafe.runtime.metrics.Family.counter;
import static dev.tensafe.runtime.metrics.Family.gauge;

import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.he.host.HostStats;
import dev.tensafe.he.host.SealedPart;
import dev.tensafe.he.host.TokenMeter;
import dev.tensafe.he.wire.Refusal;
import dev.tensafe.runtime.metrics.Exposition;
import dev.tensafe.runtime.metrics.Families;
import dev.tensafe.runtime.metrics.Family;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Every metric of an adapter host. Labels hold names, digests and proven identities of clients. */
public final class AdapterHostMetrics {
  private static final int MAX_ROWS = 1000;

  private static final Map<Family, ToDoubleFunction<AdapterHost>> GAUGES = new LinkedHashMap<>();
  private static final Map<Family, ToDoubleFunction<HostStats>> COUNTERS = new LinkedHashMap<>();
  private static final Family REFUSALS =
      counter("tensafe_he_host_refusals_total", "Requests that were refused, by reason.", "reason");
  private static final Family USED =
      gauge(
          "tensafe_he_host_tokens_used",
          "Tokens by adapter and client since the record began.",
          "adapter",
          "digest",
          "client");

  static {
    GAUGES.put(
        gauge("tensafe_he_host_adapters", "Adapters that are served."), h -> h.adapters().size());
    GAUGES.put(
        gauge("tensafe_he_host_sessions", "Sessions that are open."), AdapterHost::openSessions);
    GAUGES.put(
        gauge("tensafe_he_host_lanes", "Keys of sequences that are held."),
        h -> h.stats().lanesHeld());
    GAUGES.put(
        gauge("tensafe_he_host_barred_accounts", "Clients that are barred now."),
        AdapterHost::barredAccounts);
    GAUGES.put(
        gauge("tensafe_he_pool_level", "Encryptions of zero that are ready."),
        AdapterHost::poolLevel);
    GAUGES.put(
        gauge("tensafe_he_pool_capacity", "Encryptions of zero that are kept ready at most."),
        AdapterHost::poolCapacity);
    COUNTERS.put(
        counter("tensafe_he_host_sessions_begun_total", "Sessions since the start."),
        HostStats::sessions);
    COUNTERS.put(
        counter("tensafe_he_host_broken_connections_total", "Connections that broke off."),
        HostStats::brokenConnections);
    COUNTERS.put(
        counter("tensafe_he_host_barred_connections_total", "Connections of barred clients."),
        HostStats::bars);
    COUNTERS.put(
        counter("tensafe_he_host_blocks_total", "Blocks of pads, each group's for itself."),
        HostStats::blocks);
    COUNTERS.put(counter("tensafe_he_host_tags_total", "Tags that were given."), HostStats::tags);
    COUNTERS.put(
        counter("tensafe_he_host_evaluations_total", "Messages that were evaluated."),
        HostStats::evaluations);
    COUNTERS.put(
        counter("tensafe_he_host_token_rows_total", "Rows of tokens that were evaluated."),
        HostStats::tokenRows);
    COUNTERS.put(
        counter("tensafe_he_host_evaluate_seconds_total", "Time of evaluation."),
        HostStats::seconds);
    COUNTERS.put(counter("tensafe_he_host_bytes_in_total", "Bytes received."), HostStats::bytesIn);
    COUNTERS.put(counter("tensafe_he_host_bytes_out_total", "Bytes sent."), HostStats::bytesOut);
  }

  private final AdapterHost host;
  private final Families families = new Families();
  private final MultiGauge usage;

  public AdapterHostMetrics(AdapterHost host) {
    this.host = host;
    GAUGES.forEach((family, value) -> families.gauge(family, host, value));
    COUNTERS.forEach((family, value) -> families.counter(family, host.stats(), value));
    for (Refusal refusal : Refusal.values()) {
      families.counter(
          REFUSALS,
          host.stats(),
          s -> (double) s.refusals(refusal),
          refusal.name().toLowerCase(Locale.ROOT));
    }
    usage = MultiGauge.builder(USED.name()).description(USED.help()).register(families.registry());
  }

  /** All that it may show. */
  public static List<Family> all() {
    List<Family> all = new ArrayList<>(GAUGES.keySet());
    all.addAll(COUNTERS.keySet());
    all.add(REFUSALS);
    all.add(USED);
    return all;
  }

  /**
   * In the format that a client asks for.
   *
   * @param accept the header, null for none
   */
  public Exposition scrape(@Nullable String accept) {
    Map<String, String> names = new HashMap<>();
    for (SealedPart adapter : host.adapters()) {
      names.put(adapter.digest(), adapter.manifest().name());
    }
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    for (TokenMeter.Usage used : host.usage()) {
      String name = names.get(used.digest());
      if (name != null && rows.size() < MAX_ROWS) {
        rows.add(
            MultiGauge.Row.of(
                Tags.of("adapter", name, "digest", used.digest(), "client", used.client()),
                used.tokens()));
      }
    }
    usage.register(rows, true);
    return Exposition.of(families.snapshots(), accept);
  }
}
