package dev.tensafe.server.metrics;

import dev.tensafe.batching.engine.ForwardingListener;
import dev.tensafe.batching.engine.GenerationListener;
import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.formats.CodedException;
import java.util.List;
import java.util.Locale;

/** Measures one output on its way from the engine to its receiver. */
public final class TimedListener extends ForwardingListener {
  private final ServerMetrics metrics;
  private final AdapterUsage adapter;
  private final Ticker ticker;
  private final long submitted;
  private long scheduled;
  private long firstToken;
  private long lastToken;
  private boolean started;

  public TimedListener(
      GenerationListener target, ServerMetrics metrics, AdapterUsage adapter, Ticker ticker) {
    super(target);
    this.metrics = metrics;
    this.adapter = adapter;
    this.ticker = ticker;
    this.submitted = ticker.nanos();
    this.scheduled = submitted;
  }

  @Override
  public void onScheduled() {
    scheduled = ticker.nanos();
    metrics.queued(scheduled - submitted);
    super.onScheduled();
  }

  @Override
  public void onOutput(String text, List<TokenLogprob> logprobs) {
    long now = ticker.nanos();
    if (started) {
      metrics.nextToken(now - lastToken);
    } else {
      started = true;
      firstToken = now;
      metrics.firstToken(now - submitted, now - scheduled);
    }
    lastToken = now;
    metrics.generated();
    adapter.generated();
    super.onOutput(text, logprobs);
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
