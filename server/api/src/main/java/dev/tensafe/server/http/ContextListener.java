package dev.tensafe.server.http;

import dev.tensafe.batching.engine.GenerationListener;
import dev.tensafe.batching.engine.Output;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.formats.CodedException;
import dev.tensafe.runtime.log.LogFields;
import io.vertx.core.Context;
import java.util.List;

/** Carries events of one choice from the engine's thread to the request's context, in order. */
final class ContextListener implements GenerationListener {

  private final Context context;
  private final Answer answer;
  private final int choice;
  private final LogFields fields;

  /**
   * @param fields of lines about the request
   */
  ContextListener(Context context, Answer answer, int choice, LogFields fields) {
    this.context = context;
    this.answer = answer;
    this.choice = choice;
    this.fields = fields;
  }

  @Override
  public void onScheduled(int cachedTokens) {
    onContext(() -> answer.scheduled(choice, cachedTokens));
  }

  @Override
  public void onPromptScored(List<TokenLogprob> logprobs) {
    onContext(() -> answer.promptScored(choice, logprobs));
  }

  @Override
  public void onOutput(Output output) {
    onContext(() -> answer.output(choice, output));
  }

  @Override
  public void onStopString(String stop) {
    onContext(() -> answer.stopped(choice, stop));
  }

  @Override
  public void onFinish(FinishReason reason, int promptTokens, int outputTokens) {
    onContext(() -> answer.finished(choice, reason, outputTokens));
  }

  @Override
  public void onFailure(CodedException error) {
    onContext(() -> answer.failed(Failures.of(error)));
  }

  @Override
  public void during(Runnable report) {
    try (LogFields.Entered entered = fields.enter()) {
      report.run();
    }
  }

  /** An error in answering fails the answer: its client must not wait for ever. */
  private void onContext(Runnable event) {
    context.runOnContext(
        v -> {
          try (LogFields.Entered entered = fields.enter()) {
            event.run();
          } catch (RuntimeException e) {
            answer.failed(Failures.of(e));
          }
        });
  }
}
