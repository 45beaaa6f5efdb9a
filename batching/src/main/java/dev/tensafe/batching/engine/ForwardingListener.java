package dev.tensafe.batching.engine;

import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.formats.CodedException;
import java.util.List;

/** Passes every event on; for listeners that look at some of them on the way. */
public abstract class ForwardingListener implements GenerationListener {
  private final GenerationListener target;

  protected ForwardingListener(GenerationListener target) {
    this.target = target;
  }

  @Override
  public void onScheduled(int cachedTokens) {
    target.onScheduled(cachedTokens);
  }

  @Override
  public final void onPromptScored(List<TokenLogprob> logprobs) {
    target.onPromptScored(logprobs);
  }

  @Override
  public void onOutput(Output output) {
    target.onOutput(output);
  }

  @Override
  public final void onEndToken(TokenLogprob logprob) {
    target.onEndToken(logprob);
  }

  @Override
  public final void onStopString(String stop) {
    target.onStopString(stop);
  }

  @Override
  public void onFinish(FinishReason reason, int promptTokens, int outputTokens) {
    target.onFinish(reason, promptTokens, outputTokens);
  }

  @Override
  public void onFailure(CodedException error) {
    target.onFailure(error);
  }

  @Override
  public final void during(Runnable report) {
    target.during(report);
  }
}
