package dev.tensafe.server.http;

import dev.tensafe.batching.engine.ForwardingListener;
import dev.tensafe.batching.engine.GenerationListener;
import dev.tensafe.batching.engine.Output;
import dev.tensafe.formats.CodedException;
import java.util.function.LongConsumer;

/** Reports, at the end, how many tokens were computed for one output. */
final class UsageListener extends ForwardingListener {
  private final int promptTokens;
  private final LongConsumer atEnd;
  private long tokens;

  UsageListener(GenerationListener target, int promptTokens, LongConsumer atEnd) {
    super(target);
    this.promptTokens = promptTokens;
    this.atEnd = atEnd;
  }

  @Override
  public void onScheduled(int cachedTokens) {
    // what the cache had was not computed again
    tokens = promptTokens - cachedTokens;
    super.onScheduled(cachedTokens);
  }

  @Override
  public void onOutput(Output output) {
    tokens += output.count();
    super.onOutput(output);
  }

  @Override
  public void onFinish(FinishReason reason, int prompt, int output) {
    atEnd.accept(tokens);
    super.onFinish(reason, prompt, output);
  }

  @Override
  public void onFailure(CodedException error) {
    atEnd.accept(tokens);
    super.onFailure(error);
  }
}
