package dev.tensafe.batching.engine;

import dev.tensafe.formats.CodedException;

/** Reports the end of the output, before its listener hears of it. */
final class CountingListener extends ForwardingListener {
  private final Runnable onEnd;

  CountingListener(GenerationListener target, Runnable onEnd) {
    super(target);
    this.onEnd = onEnd;
  }

  @Override
  public void onFinish(FinishReason reason, int promptTokens, int outputTokens) {
    onEnd.run();
    super.onFinish(reason, promptTokens, outputTokens);
  }

  @Override
  public void onFailure(CodedException error) {
    onEnd.run();
    super.onFailure(error);
  }
}
