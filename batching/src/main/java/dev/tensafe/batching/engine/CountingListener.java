package dev.tensafe.batching.engine;

import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.formats.CodedException;
import java.util.List;

/** Passes events on and reports the end of the output. */
final class CountingListener implements GenerationListener {
  private final GenerationListener target;
  private final Runnable onEnd;

  CountingListener(GenerationListener target, Runnable onEnd) {
    this.target = target;
    this.onEnd = onEnd;
  }

  @Override
  public void onScheduled() {
    target.onScheduled();
  }

  @Override
  public void onPromptScored(List<TokenLogprob> logprobs) {
    target.onPromptScored(logprobs);
  }

  @Override
  public void onOutput(String text, List<TokenLogprob> logprobs) {
    target.onOutput(text, logprobs);
  }

  @Override
  public void onFinish(FinishReason reason, int promptTokens, int outputTokens) {
    onEnd.run();
    target.onFinish(reason, promptTokens, outputTokens);
  }

  @Override
  public void onFailure(CodedException error) {
    onEnd.run();
    target.onFailure(error);
  }
}
