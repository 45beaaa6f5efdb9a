package dev.tensafe.server.status;

import dev.tensafe.batching.engine.Engine;
import dev.tensafe.batching.engine.GenerationListener;
import dev.tensafe.batching.engine.Ticker;
import java.time.InstantSource;

/** What a server does and has done since start, in numbers and names. Thread-safe. */
public final class ServerActivity {
  private final InstantSource clock;
  private final long startedNanos;
  private final Ticker ticker;
  private final TenantTable tenants;
  private final RequestTable requests;
  private final OutputCounts outputs = new OutputCounts();
  private final StepCounts steps = new StepCounts();

  /** Begins to watch an engine. */
  public ServerActivity(Engine engine, Ticker ticker, InstantSource clock) {
    this.clock = clock;
    this.ticker = ticker;
    this.startedNanos = ticker.nanos();
    this.tenants = new TenantTable(clock);
    this.requests = new RequestTable(tenants, ticker);
    engine.addStepListener(steps);
  }

  /** Counts an output on its way to its receiver. */
  public GenerationListener watch(
      GenerationListener target, TrackedRequest request, String tenant, int promptTokens) {
    return new TrackedListener(
        target, request, tenants.seen(tenant), outputs, promptTokens, ticker);
  }

  /** Milliseconds since 1970. */
  public long nowMillis() {
    return clock.millis();
  }

  public double uptimeSeconds() {
    return (ticker.nanos() - startedNanos) / 1e9;
  }

  public TenantTable tenants() {
    return tenants;
  }

  public RequestTable requests() {
    return requests;
  }

  public OutputCounts outputs() {
    return outputs;
  }

  public StepCounts steps() {
    return steps;
  }
}
