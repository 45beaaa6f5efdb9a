package dev.tensafe.server.http;

import dev.tensafe.batching.engine.GenerationListener;
import dev.tensafe.batching.engine.Output;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.formats.CodedException;
import dev.tensafe.server.openai.ApiException;
import io.vertx.core.Context;
import java.util.List;

/** Carries events of one choice from the engine's thread to the request's context, in order. */
final class ContextListener implements GenerationListener {
  private final Context context;
  private final Answer answer;
  private final int choice;

  ContextListener(Context context, Answer answer, int choice) {
    this.context = context;
    this.answer = answer;
    this.choice = choice;
  }

  @Override
  public void onPromptScored(List<TokenLogprob> logprobs) {
    context.runOnContext(v -> answer.promptScored(choice, logprobs));
  }

  @Override
  public void onOutput(Output output) {
    context.runOnContext(v -> answer.output(choice, output));
  }

  @Override
  public void onFinish(FinishReason reason, int promptTokens, int outputTokens) {
    context.runOnContext(v -> answer.finished(choice, reason, outputTokens));
  }

  @Override
  public void onFailure(CodedException error) {
    context.runOnContext(v -> answer.failed(ApiException.of(error)));
  }
}
