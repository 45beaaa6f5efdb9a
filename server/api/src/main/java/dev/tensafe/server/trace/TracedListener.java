package dev.tensafe.server.trace;

import dev.tensafe.batching.engine.ForwardingListener;
import dev.tensafe.batching.engine.GenerationListener;
import dev.tensafe.batching.engine.Output;
import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.formats.CodedException;
import dev.tensafe.tracing.TraceSpan;
import java.util.Locale;

/** One output's time in the queue, in its prompt, and in its tokens, as spans. */
final class TracedListener extends ForwardingListener {
  private final RequestTrace trace;
  private final Ticker ticker;
  private final boolean only;
  private TraceSpan phase;
  private boolean started;

  /**
   * @param only whether the request has no other output
   */
  TracedListener(GenerationListener target, RequestTrace trace, Ticker ticker, boolean only) {
    super(target);
    this.trace = trace;
    this.ticker = ticker;
    this.only = only;
    this.phase = trace.part("queue");
  }

  private TraceSpan next(String name) {
    long now = ticker.nanos();
    phase.end(now);
    TraceSpan next = trace.span().child(name, now);
    phase = next;
    if (only) {
      trace.enter(next);
    }
    return next;
  }

  @Override
  public void onScheduled(int cachedTokens) {
    next("prefill").set("tensafe.cached_tokens", cachedTokens);
    super.onScheduled(cachedTokens);
  }

  @Override
  public void onOutput(Output output) {
    if (!started) {
      started = true;
      next("decode");
    }
    super.onOutput(output);
  }

  @Override
  public void onFinish(FinishReason reason, int promptTokens, int outputTokens) {
    phase.set("gen_ai.usage.output_tokens", outputTokens);
    phase.end(ticker.nanos());
    trace.enter(trace.span());
    trace.finished(reason.name().toLowerCase(Locale.ROOT), promptTokens, outputTokens);
    super.onFinish(reason, promptTokens, outputTokens);
  }

  @Override
  public void onFailure(CodedException error) {
    phase.fail(error.code());
    phase.end(ticker.nanos());
    trace.enter(trace.span());
    super.onFailure(error);
  }
}
