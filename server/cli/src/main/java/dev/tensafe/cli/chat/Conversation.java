package dev.tensafe.cli.chat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What was said so far; each question is asked with all of it. For one thread. */
final class Conversation {
  private final ChatClient client;
  private final String model;
  private final @Nullable String system;
  private final @Nullable Double temperature;
  private final @Nullable Integer maxTokens;
  private final ArrayNode messages = JsonNodeFactory.instance.arrayNode();

  Conversation(
      ChatClient client,
      String model,
      @Nullable String system,
      @Nullable Double temperature,
      @Nullable Integer maxTokens) {
    this.client = client;
    this.model = model;
    this.system = system;
    this.temperature = temperature;
    this.maxTokens = maxTokens;
    beginAnew();
  }

  /** Forgets all but what the model is told first. */
  void beginAnew() {
    messages.removeAll();
    if (system != null) {
      add("system", system);
    }
  }

  /**
   * Asks and keeps question and answer; of an answer that was stopped, the part that came. After an
   * error neither is kept.
   *
   * @return as {@link ChatClient#answer}
   */
  String ask(String question, Consumer<String> piece) {
    int before = messages.size();
    add("user", question);
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("model", model);
    body.set("messages", messages.deepCopy());
    if (temperature != null) {
      body.put("temperature", temperature);
    }
    if (maxTokens != null) {
      body.put("max_tokens", maxTokens);
    }
    StringBuilder answer = new StringBuilder();
    boolean whole = false;
    try {
      String reason =
          client.answer(
              body,
              text -> {
                answer.append(text);
                piece.accept(text);
              });
      add("assistant", answer.toString());
      whole = true;
      return reason;
    } finally {
      while (!whole && messages.size() > before) {
        messages.remove(messages.size() - 1);
      }
    }
  }

  private void add(String role, String content) {
    messages.addObject().put("role", role).put("content", content);
  }
}
