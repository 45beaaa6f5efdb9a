package dev.tensafe.server.openai;

import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.batching.engine.Output;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.server.tools.AnswerEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The output so far of one choice of an answer. Confined to the request's context. */
public final class ChoiceState {
  final int index;
  final @Nullable EchoedPrompt echo;
  final @Nullable ReadMessage message;
  final StringBuilder text = new StringBuilder();
  final List<PlacedToken> tokens = new ArrayList<>();
  List<TokenLogprob> promptLogprobs = List.of();
  @Nullable FinishReason reason;
  private final PlacedTokens places;

  /**
   * @param promptTokens what the output's text goes on from
   * @param echo the prompt when the answer repeats it
   * @param message reads the output as an assistant's message; null for plain text
   * @param shown special tokens that are part of the text
   */
  public ChoiceState(
      int index,
      int[] promptTokens,
      @Nullable EchoedPrompt echo,
      @Nullable ReadMessage message,
      Set<Integer> shown,
      TokenTexts texts) {
    this.index = index;
    this.echo = echo;
    this.message = message;
    int from = echo == null ? 0 : PlacedTokens.length(echo.text());
    this.places = new PlacedTokens(texts, promptTokens, from, shown);
  }

  public int index() {
    return index;
  }

  /**
   * The assistant's message.
   *
   * @throws IllegalStateException for an output that is plain text
   */
  public ReadMessage message() {
    if (message == null) {
      throw new IllegalStateException("an output that is no message");
    }
    return message;
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
    if (message == null) {
      text.append(output.text());
    } else {
      List<AnswerEvent> unused = message.read(output.text());
    }
    tokens.addAll(show(output));
  }

  /** Ends an output that was kept. */
  public void finish(FinishReason finished) {
    if (message != null) {
      List<AnswerEvent> unused = message.end();
    }
    tokens.addAll(rest());
    reason = finished;
  }

  /** Index and sizes only. */
  @Override
  public String toString() {
    return "ChoiceState[" + index + "]";
  }
}
