package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.batching.sample.TokenLogprob;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Answers of {@code /v1/completions}. */
public final class CompletionFormat extends AnswerFormat {
  public CompletionFormat(AnswerHead head) {
    super("cmpl-", head);
  }

  @Override
  String wholeObject() {
    return "text_completion";
  }

  @Override
  String chunkObject() {
    return "text_completion";
  }

  @Override
  public @Nullable ObjectNode opening(ChoiceState choice) {
    if (choice.echo == null) {
      return null;
    }
    ObjectNode node = choice(choice, choice.echo.text());
    if (logprobs()) {
      ObjectNode inner = node.putObject("logprobs");
      addPrompt(inner, choice.echo, choice.promptLogprobs);
    }
    return chunkOf(node);
  }

  @Override
  public List<ObjectNode> chunks(ChoiceState choice, String text, List<PlacedToken> scores) {
    if (text.isEmpty() && scores.isEmpty()) {
      return List.of();
    }
    ObjectNode node = choice(choice, text);
    if (logprobs()) {
      ObjectNode inner = node.putObject("logprobs");
      scores.forEach(token -> addToken(inner, token));
      withLists(inner);
    }
    return List.of(chunkOf(node));
  }

  @Override
  public List<ObjectNode> closing(
      ChoiceState choice, List<PlacedToken> tokens, FinishReason reason) {
    List<ObjectNode> frames = new ArrayList<>(chunks(choice, "", tokens));
    ObjectNode out = chunkOf(choice(choice, "").put("finish_reason", name(reason)));
    out.set("tensafe", provenance());
    frames.add(out);
    return frames;
  }

  @Override
  ObjectNode wholeChoice(ChoiceState choice) {
    ObjectNode node = choice(choice, (choice.echo == null ? "" : choice.echo.text()) + choice.text);
    node.put("finish_reason", name(Objects.requireNonNull(choice.reason)));
    if (logprobs()) {
      ObjectNode inner = node.putObject("logprobs");
      if (choice.echo != null) {
        addPrompt(inner, choice.echo, choice.promptLogprobs);
      }
      choice.tokens.forEach(token -> addToken(inner, token));
      withLists(inner);
    }
    return node;
  }

  private static ObjectNode choice(ChoiceState choice, String text) {
    ObjectNode node = JsonBody.object().put("index", choice.index).put("text", text);
    node.putNull("logprobs");
    node.putNull("finish_reason");
    return node;
  }

  /** The prompt's tokens; the first has no log-probability. */
  private void addPrompt(ObjectNode node, EchoedPrompt echo, List<TokenLogprob> scores) {
    node.withArray("tokens").add(echo.tokens()[0]);
    node.withArray("token_logprobs").addNull();
    node.withArray("top_logprobs").addNull();
    node.withArray("text_offset").add(echo.offsets()[0]);
    for (int i = 0; i < scores.size(); i++) {
      int at = i + 1;
      addToken(
          node, new PlacedToken(scores.get(i), echo.offsets()[at], echo.tokens()[at], new byte[0]));
    }
  }

  private void addToken(ObjectNode node, PlacedToken token) {
    node.withArray("tokens").add(token.text());
    node.withArray("token_logprobs").add(token.score().logprob());
    texts().putTop(node.withArray("top_logprobs").addObject(), token);
    node.withArray("text_offset").add(token.offset());
  }

  private static void withLists(ObjectNode node) {
    for (String key : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
      node.withArray(key);
    }
  }
}
