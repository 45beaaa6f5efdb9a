package dev.tensafe.server.status;

import dev.tensafe.batching.engine.ForwardingListener;
import dev.tensafe.batching.engine.GenerationListener;
import dev.tensafe.batching.engine.Output;
import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.formats.CodedException;

/** Counts one output for its request, its tenant and the server. Told by the engine's thread. */
final class TrackedListener extends ForwardingListener {
  private final TrackedRequest request;
  private final TenantUse tenant;
  private final OutputCounts counts;
  private final int promptTokens;
  private final Ticker ticker;
  private final long submitted;
  private long lastToken;
  private boolean begun;

  TrackedListener(
      GenerationListener target,
      TrackedRequest request,
      TenantUse tenant,
      OutputCounts counts,
      int promptTokens,
      Ticker ticker) {
    super(target);
    this.request = request;
    this.tenant = tenant;
    this.counts = counts;
    this.promptTokens = promptTokens;
    this.ticker = ticker;
    this.submitted = ticker.nanos();
  }

  @Override
  public void onScheduled(int cachedTokens) {
    counts.queue().record(ticker.nanos() - submitted);
    counts.scheduled(promptTokens, cachedTokens);
    tenant.scheduled(promptTokens, cachedTokens);
    request.scheduled(cachedTokens);
    super.onScheduled(cachedTokens);
  }

  @Override
  public void onOutput(Output output) {
    long now = ticker.nanos();
    int tokens = output.count();
    if (begun) {
      // tokens that come together took equal shares of the time
      for (int i = 0; i < tokens; i++) {
        counts.nextToken().record((now - lastToken) / tokens);
      }
    } else {
      begun = true;
      counts.firstToken().record(now - submitted);
    }
    lastToken = now;
    counts.generated(tokens);
    tenant.generated(tokens);
    request.generated(tokens);
    super.onOutput(output);
  }

  @Override
  public void onFinish(FinishReason reason, int prompt, int output) {
    counts.whole().record(ticker.nanos() - submitted);
    counts.ended(
        switch (reason) {
          case STOP -> OutputCounts.End.STOP;
          case LENGTH -> OutputCounts.End.LENGTH;
        });
    request.outputEnded();
    super.onFinish(reason, prompt, output);
  }

  @Override
  public void onFailure(CodedException error) {
    boolean cancelled = error.code().equals("engine.cancelled");
    counts.ended(cancelled ? OutputCounts.End.CANCELLED : OutputCounts.End.FAILED);
    request.outputEnded();
    super.onFailure(error);
  }
}
