package dev.tensafe.server.openai;

import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.batching.engine.Output;
import dev.tensafe.batching.sample.TokenLogprob;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The output so far of one choice of an answer. Confined to the request's context. */
public final class ChoiceState {
  final int index;
  final @Nullable EchoedPrompt echo;
  final StringBuilder text = new StringBuilder();
  final List<PlacedToken> tokens = new ArrayList<>();
  List<TokenLogprob> promptLogprobs = List.of();
  @Nullable FinishReason reason;
  private final PlacedTokens places;

  /**
   * @param promptTokens what the output's text goes on from
   * @param echo the prompt when the answer repeats it
   */
  public ChoiceState(int index, int[] promptTokens, @Nullable EchoedPrompt echo, TokenTexts texts) {
    this.index = index;
    this.echo = echo;
    int from = echo == null ? 0 : PlacedTokens.length(echo.text());
    this.places = new PlacedTokens(texts, promptTokens, from);
  }

  public int index() {
    return index;
  }

  public void scored(List<TokenLogprob> scores) {
    promptLogprobs = scores;
  }

  /** Takes an output; returns its scored tokens, and earlier ones, whose text it shows. */
  public List<PlacedToken> show(Output output) {
    return places.show(output.text(), output.logprobs());
  }

  /** The scored tokens without text that end the output. */
  public List<PlacedToken> rest() {
    return places.rest();
  }

  /** Keeps an output for an answer in one piece. */
  public void add(Output output) {
    text.append(output.text());
    tokens.addAll(show(output));
  }

  /** Ends an output that was kept. */
  public void finish(FinishReason finished) {
    tokens.addAll(rest());
    reason = finished;
  }

  /** Index and sizes only. */
  @Override
  public String toString() {
    return "ChoiceState[" + index + "]";
  }
}
