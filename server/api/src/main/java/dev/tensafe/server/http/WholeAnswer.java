package dev.tensafe.server.http;

import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.batching.engine.Output;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.server.openai.AnswerFormat;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.ChoiceState;
import java.util.List;

/** Collects all choices and answers once with JSON. */
final class WholeAnswer implements Answer {
  private final Responder responder;
  private final AnswerFormat format;
  private final List<ChoiceState> choices;
  private final UsageCount usage;
  private int unfinished;

  WholeAnswer(
      Responder responder, AnswerFormat format, List<ChoiceState> choices, UsageCount usage) {
    this.responder = responder;
    this.format = format;
    this.choices = choices;
    this.usage = usage;
    this.unfinished = choices.size();
  }

  @Override
  public void scheduled(int choice, int cachedTokens) {
    usage.scheduled(choice, cachedTokens);
  }

  @Override
  public void promptScored(int choice, List<TokenLogprob> logprobs) {
    choices.get(choice).scored(logprobs);
  }

  @Override
  public void output(int choice, Output output) {
    choices.get(choice).add(output);
  }

  @Override
  public void finished(int choice, FinishReason reason, int tokens) {
    choices.get(choice).finish(reason);
    usage.finished(tokens);
    if (--unfinished == 0) {
      responder.json(200, format.whole(choices, usage.usage()));
    }
  }

  @Override
  public void failed(ApiException error) {
    responder.fail(error);
  }
}
