package dev.tensafe.server.metrics;

import dev.tensafe.batching.engine.ForwardingListener;
import dev.tensafe.batching.engine.GenerationListener;
import dev.tensafe.batching.engine.Output;
import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.formats.CodedException;
import java.util.Locale;

/** Measures one output on its way from the engine to its receiver. */
public final class TimedListener extends ForwardingListener {
  private final ServerMetrics metrics;
  private final AdapterUsage adapter;
  private final TenantUsage tenant;
  private final int promptTokens;
  private final Ticker ticker;
  private final long submitted;
  private long scheduled;
  private long firstToken;
  private long lastToken;
  private boolean started;

  /**
   * @param promptTokens of the output's prompt
   */
  public TimedListener(
      GenerationListener target,
      ServerMetrics metrics,
      AdapterUsage adapter,
      TenantUsage tenant,
      int promptTokens,
      Ticker ticker) {
    super(target);
    this.metrics = metrics;
    this.adapter = adapter;
    this.tenant = tenant;
    this.promptTokens = promptTokens;
    this.ticker = ticker;
    this.submitted = ticker.nanos();
    this.scheduled = submitted;
  }

  @Override
  public void onScheduled(int cachedTokens) {
    scheduled = ticker.nanos();
    metrics.queued(scheduled - submitted);
    tenant.scheduled(promptTokens, cachedTokens);
    super.onScheduled(cachedTokens);
  }

  @Override
  public void onOutput(Output output) {
    long now = ticker.nanos();
    int count = output.count();
    if (started) {
      // tokens that come together took equal shares of the time
      metrics.nextTokens(count, (now - lastToken) / count);
    } else {
      started = true;
      firstToken = now;
      metrics.firstToken(now - submitted, now - scheduled);
      metrics.nextTokens(count - 1, 0);
    }
    lastToken = now;
    metrics.generated(count);
    adapter.generated(count);
    super.onOutput(output);
  }

  @Override
  public void onFinish(FinishReason reason, int promptTokens, int outputTokens) {
    long now = ticker.nanos();
    metrics.prompt(promptTokens);
    adapter.completed(promptTokens);
    metrics.ended(now - submitted, started ? now - firstToken : 0);
    metrics.finished(reason.name().toLowerCase(Locale.ROOT), 1);
    super.onFinish(reason, promptTokens, outputTokens);
  }

  @Override
  public void onFailure(CodedException error) {
    metrics.finished(error.code().equals("engine.cancelled") ? "abort" : "error", 1);
    adapter.failed();
    super.onFailure(error);
  }
}
