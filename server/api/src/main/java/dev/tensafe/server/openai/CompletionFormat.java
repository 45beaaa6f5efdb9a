package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.batching.sample.TokenLogprob;
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
    ObjectNode node = choice(choice, choice.echo);
    if (logprobs()) {
      ObjectNode inner = node.putObject("logprobs");
      addPrompt(inner, choice);
    }
    return chunkOf(node);
  }

  @Override
  public ObjectNode chunk(ChoiceState choice, String text, List<TokenLogprob> scores) {
    ObjectNode node = choice(choice, text);
    if (logprobs()) {
      ObjectNode inner = node.putObject("logprobs");
      scores.forEach(score -> addScore(inner, choice, score));
      withLists(inner);
    }
    return chunkOf(node);
  }

  @Override
  public ObjectNode closing(ChoiceState choice, FinishReason reason) {
    ObjectNode out = chunkOf(choice(choice, "").put("finish_reason", name(reason)));
    out.set("tensafe", provenance());
    return out;
  }

  @Override
  ObjectNode wholeChoice(ChoiceState choice) {
    ObjectNode node = choice(choice, (choice.echo == null ? "" : choice.echo) + choice.text);
    node.put("finish_reason", name(Objects.requireNonNull(choice.reason)));
    if (logprobs()) {
      ObjectNode inner = node.putObject("logprobs");
      if (choice.echo != null) {
        addPrompt(inner, choice);
      }
      choice.logprobs.forEach(score -> addScore(inner, choice, score));
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
  private void addPrompt(ObjectNode node, ChoiceState choice) {
    String first = texts().text(choice.promptTokens[0]);
    node.withArray("tokens").add(first);
    node.withArray("token_logprobs").addNull();
    node.withArray("top_logprobs").addNull();
    node.withArray("text_offset").add(choice.textOffset);
    choice.textOffset += first.length();
    choice.promptLogprobs.forEach(score -> addScore(node, choice, score));
  }

  private void addScore(ObjectNode node, ChoiceState choice, TokenLogprob score) {
    String text = texts().text(score.token());
    node.withArray("tokens").add(text);
    node.withArray("token_logprobs").add(score.logprob());
    ArrayNode tops = node.withArray("top_logprobs");
    ObjectNode top = tops.addObject();
    score.top().forEach(t -> top.put(texts().text(t.token()), t.logprob()));
    node.withArray("text_offset").add(choice.textOffset);
    choice.textOffset += text.length();
  }

  private static void withLists(ObjectNode node) {
    for (String key : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
      node.withArray(key);
    }
  }
}
