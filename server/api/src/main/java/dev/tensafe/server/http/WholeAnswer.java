package dev.tensafe.server.http;

import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.batching.engine.Output;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.server.openai.AnswerFormat;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.ChoiceState;
import dev.tensafe.server.openai.Usage;
import java.util.List;

/** Collects all choices and answers once with JSON. */
final class WholeAnswer implements Answer {
  private final Responder responder;
  private final AnswerFormat format;
  private final List<ChoiceState> choices;
  private final int promptTokens;
  private int outputTokens;
  private int unfinished;

  WholeAnswer(
      Responder responder, AnswerFormat format, List<ChoiceState> choices, int promptTokens) {
    this.responder = responder;
    this.format = format;
    this.choices = choices;
    this.promptTokens = promptTokens;
    this.unfinished = choices.size();
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
    outputTokens += tokens;
    if (--unfinished == 0) {
      responder.json(200, format.whole(choices, new Usage(promptTokens, outputTokens)));
    }
  }

  @Override
  public void failed(ApiException error) {
    responder.fail(error);
  }
}
