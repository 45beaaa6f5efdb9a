package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.batching.sample.TokenLogprob;
import java.util.List;
import java.util.Objects;

/** Answers of {@code /v1/chat/completions}. */
public final class ChatFormat extends AnswerFormat {
  public ChatFormat(AnswerHead head) {
    super("chatcmpl-", head);
  }

  @Override
  String wholeObject() {
    return "chat.completion";
  }

  @Override
  String chunkObject() {
    return "chat.completion.chunk";
  }

  @Override
  public ObjectNode opening(ChoiceState choice) {
    ObjectNode node = choice(choice);
    node.putObject("delta").put("role", "assistant").put("content", "");
    node.putNull("logprobs");
    node.putNull("finish_reason");
    return chunkOf(node);
  }

  @Override
  public ObjectNode chunk(ChoiceState choice, String text, List<PlacedToken> scores) {
    ObjectNode node = choice(choice);
    node.putObject("delta").put("content", text);
    putLogprobs(node, scores);
    node.putNull("finish_reason");
    return chunkOf(node);
  }

  @Override
  public ObjectNode closing(ChoiceState choice, FinishReason reason) {
    ObjectNode node = choice(choice);
    node.putObject("delta");
    node.putNull("logprobs");
    node.put("finish_reason", name(reason));
    ObjectNode out = chunkOf(node);
    out.set("tensafe", provenance());
    return out;
  }

  @Override
  ObjectNode wholeChoice(ChoiceState choice) {
    ObjectNode node = choice(choice);
    node.putObject("message")
        .put("role", "assistant")
        .put("content", choice.text.toString())
        .putNull("refusal");
    putLogprobs(node, choice.tokens);
    node.put("finish_reason", name(Objects.requireNonNull(choice.reason)));
    return node;
  }

  private static ObjectNode choice(ChoiceState choice) {
    return JsonBody.object().put("index", choice.index);
  }

  private void putLogprobs(ObjectNode node, List<PlacedToken> scores) {
    if (!logprobs()) {
      node.putNull("logprobs");
      return;
    }
    ObjectNode inner = node.putObject("logprobs");
    ArrayNode content = inner.putArray("content");
    for (PlacedToken placed : scores) {
      TokenLogprob score = placed.score();
      ObjectNode entry = TokenTexts.entry(placed.text(), score.logprob(), placed.bytes());
      ArrayNode top = entry.putArray("top_logprobs");
      for (TokenLogprob.Alternative other : score.top()) {
        boolean itself = other.token() == score.token();
        top.add(
            itself
                ? TokenTexts.entry(placed.text(), other.logprob(), placed.bytes())
                : texts().entry(other));
      }
      content.add(entry);
    }
    inner.putNull("refusal");
  }
}
