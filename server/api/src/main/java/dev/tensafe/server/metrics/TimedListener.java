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
  private final ObservedOutput observed;
  private final Ticker ticker;
  private final long submitted;
  private long scheduled;
  private long firstToken;
  private long lastToken;
  private int tokens;

  public TimedListener(
      GenerationListener target, ServerMetrics metrics, ObservedOutput observed, Ticker ticker) {
    super(target);
    this.metrics = metrics;
    this.observed = observed;
    this.ticker = ticker;
    this.submitted = ticker.nanos();
    this.scheduled = submitted;
  }

  private void observe(Runnable work) {
    metrics.exemplars().during(observed.trace(), work);
  }

  @Override
  public void onScheduled(int cachedTokens) {
    scheduled = ticker.nanos();
    observe(() -> metrics.scheduled(scheduled - submitted, observed.promptTokens(), cachedTokens));
    observed.tenant().scheduled(observed.promptTokens(), cachedTokens);
    super.onScheduled(cachedTokens);
  }

  @Override
  public void onOutput(Output output) {
    long now = ticker.nanos();
    int count = output.count();
    observe(() -> timed(now, count));
    lastToken = now;
    tokens += count;
    metrics.generated(count);
    observed.adapter().generated(count);
    observed.tenant().generated().increment(count);
    super.onOutput(output);
  }

  private void timed(long now, int count) {
    if (tokens > 0) {
      // tokens that come together took equal shares of the time
      metrics.nextTokens(count, (now - lastToken) / count);
    } else {
      firstToken = now;
      metrics.firstToken(now - submitted, now - scheduled);
      metrics.nextTokens(count - 1, 0);
    }
  }

  @Override
  public void onFinish(FinishReason reason, int promptTokens, int outputTokens) {
    long now = ticker.nanos();
    OutputTimes times =
        new OutputTimes(now - submitted, now - scheduled, tokens > 0 ? now - firstToken : 0);
    observe(() -> metrics.ended(times, promptTokens, outputTokens, observed.maxTokens()));
    observed.group().ended(outputTokens);
    observed.adapter().completed(promptTokens);
    observed.tenant().completed().increment();
    metrics.finished(reason.name().toLowerCase(Locale.ROOT));
    super.onFinish(reason, promptTokens, outputTokens);
  }

  @Override
  public void onFailure(CodedException error) {
    metrics.finished(error.code().equals("engine.cancelled") ? "abort" : "error");
    observed.group().ended(tokens);
    observed.adapter().failed();
    observed.tenant().failed().increment();
    super.onFailure(error);
  }
}
