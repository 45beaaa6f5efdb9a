package dev.tensafe.owner.host;

import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.he.host.HostStats;
import dev.tensafe.he.host.SealedPart;
import dev.tensafe.he.host.TokenMeter;
import dev.tensafe.he.wire.Refusal;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Every metric of an adapter host. Labels hold names, digests and proven identities of clients. */
public final class AdapterHostMetrics {
  private static final int MAX_ROWS = 1000;

  private final AdapterHost host;
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final MultiGauge usage;

  public AdapterHostMetrics(AdapterHost host) {
    this.host = host;
    gauge("tensafe_he_host_adapters", h -> h.adapters().size());
    gauge("tensafe_he_host_sessions", AdapterHost::openSessions);
    gauge("tensafe_he_host_lanes", h -> h.stats().lanesHeld());
    gauge("tensafe_he_host_barred_accounts", AdapterHost::barredAccounts);
    gauge("tensafe_he_pool_level", AdapterHost::poolLevel);
    gauge("tensafe_he_pool_capacity", AdapterHost::poolCapacity);
    counter("tensafe_he_host_sessions_begun", HostStats::sessions);
    counter("tensafe_he_host_broken_connections", HostStats::brokenConnections);
    counter("tensafe_he_host_barred_connections", HostStats::bars);
    counter("tensafe_he_host_blocks", HostStats::blocks);
    counter("tensafe_he_host_tags", HostStats::tags);
    counter("tensafe_he_host_evaluations", HostStats::evaluations);
    counter("tensafe_he_host_token_rows", HostStats::tokenRows);
    counter("tensafe_he_host_evaluate_seconds", HostStats::seconds);
    counter("tensafe_he_host_bytes_in", HostStats::bytesIn);
    counter("tensafe_he_host_bytes_out", HostStats::bytesOut);
    for (Refusal refusal : Refusal.values()) {
      FunctionCounter.builder(
              "tensafe_he_host_refusals", host.stats(), s -> (double) s.refusals(refusal))
          .tag("reason", refusal.name().toLowerCase(Locale.ROOT))
          .register(registry);
    }
    usage =
        MultiGauge.builder("tensafe_he_host_tokens_used")
            .description("Tokens by adapter and client since the record began.")
            .register(registry);
  }

  private void gauge(String name, ToDoubleFunction<AdapterHost> value) {
    Gauge.builder(name, host, value).register(registry);
  }

  private void counter(String name, ToDoubleFunction<HostStats> value) {
    FunctionCounter.builder(name, host.stats(), value).register(registry);
  }

  /** In Prometheus' text format. */
  public String scrape() {
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
    return registry.scrape();
  }
}
