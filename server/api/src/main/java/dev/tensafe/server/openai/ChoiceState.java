package dev.tensafe.server.openai;

import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.batching.sample.TokenLogprob;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The output so far of one choice of an answer. Confined to the request's context. */
public final class ChoiceState {
  final int index;
  final int[] promptTokens;
  final @Nullable String echo;
  final StringBuilder text = new StringBuilder();
  final List<TokenLogprob> logprobs = new ArrayList<>();
  List<TokenLogprob> promptLogprobs = List.of();
  int textOffset;
  @Nullable FinishReason reason;

  /**
   * @param echo text of the prompt when the answer repeats it
   */
  public ChoiceState(int index, int[] promptTokens, @Nullable String echo) {
    this.index = index;
    this.promptTokens = promptTokens;
    this.echo = echo;
  }

  public int index() {
    return index;
  }

  public void scored(List<TokenLogprob> scores) {
    promptLogprobs = scores;
  }

  public void add(String piece, List<TokenLogprob> scores) {
    text.append(piece);
    logprobs.addAll(scores);
  }

  public void finish(FinishReason finished) {
    reason = finished;
  }

  /** Index and sizes only. */
  @Override
  public String toString() {
    return "ChoiceState[" + index + "]";
  }
}
