package dev.tensafe.server.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.Quoted;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.openai.RequestFields;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fields {@code system} and {@code messages} as messages of a chat. Results of tools become
 * messages of their own; turns of one role that follow each other become one, as templates want
 * them to alternate. Confined to one thread.
 */
final class AnthropicMessages {
  /** Between blocks of the client's text: they are paragraphs. What the model said is joined. */
  private static final String BETWEEN = "\n\n";

  private final ArrayNode out = JsonBody.object().putArray("messages");
  private final Set<String> calls = new HashSet<>();

  private AnthropicMessages() {}

  /**
   * Translates.
   *
   * @throws ApiException 400 naming the field
   */
  static ArrayNode of(RequestFields fields) {
    AnthropicMessages messages = new AnthropicMessages();
    messages.system(fields.get("system"));
    JsonNode list = fields.required("messages");
    if (!list.isArray()) {
      throw RequestFields.wrongType("messages", "a list of messages");
    }
    if (list.isEmpty()) {
      throw RequestFields.invalid("messages", "must hold at least one message");
    }
    for (int i = 0; i < list.size(); i++) {
      messages.message(RequestFields.of(list.get(i), "messages[" + i + "]"));
    }
    messages.checkLast("messages[" + (list.size() - 1) + "].content");
    return messages.out;
  }

  private void system(@Nullable JsonNode node) {
    if (node == null) {
      return;
    }
    String text = texts(node, "system");
    if (!text.isEmpty()) {
      out.addObject().put("role", "system").put("content", text);
    }
  }

  /** A string, or blocks of text. */
  private static String texts(JsonNode node, String where) {
    if (node.isTextual()) {
      return node.textValue();
    }
    if (!node.isArray()) {
      throw RequestFields.wrongType(where, "a string or a list of blocks");
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < node.size(); i++) {
      RequestFields block = RequestFields.of(node.get(i), where + "[" + i + "]");
      String type = block.requiredText("type");
      if (!type.equals("text")) {
        throw unsupported(block, type, "text");
      }
      append(text, text(block, "text"), BETWEEN);
    }
    return text.toString();
  }

  private void message(RequestFields message) {
    String role = message.requiredText("role");
    JsonNode content = message.required("content");
    String where = message.at("content");
    if (!content.isTextual() && !content.isArray()) {
      throw RequestFields.wrongType(where, "a string or a list of blocks");
    }
    if (content.isArray() && content.isEmpty()) {
      throw RequestFields.invalid(where, "must hold at least one block");
    }
    switch (role) {
      case "user" -> user(content, where);
      case "assistant" -> assistant(content, where);
      default ->
          throw RequestFields.invalid(
              message.at("role"), "must be user or assistant; instructions go into 'system'");
    }
  }

  private void user(JsonNode content, String where) {
    if (content.isTextual()) {
      addUser(content.textValue());
      return;
    }
    for (int i = 0; i < content.size(); i++) {
      RequestFields block = RequestFields.of(content.get(i), where + "[" + i + "]");
      String type = block.requiredText("type");
      switch (type) {
        case "text" -> addUser(text(block, "text"));
        case "tool_result" -> result(block);
        case "tool_use", "thinking", "redacted_thinking" ->
            throw RequestFields.invalid(
                block.at("type"), "is '" + type + "', which belongs to an assistant's message");
        default -> throw unsupported(block, type, "text, tool_result");
      }
    }
  }

  private void addUser(String text) {
    ObjectNode last = last("user");
    if (last == null) {
      out.addObject().put("role", "user").put("content", text);
    } else {
      StringBuilder joined = new StringBuilder(last.path("content").textValue());
      append(joined, text, BETWEEN);
      last.put("content", joined.toString());
    }
  }

  private void result(RequestFields block) {
    String id = block.requiredText("tool_use_id");
    if (!calls.contains(id)) {
      throw RequestFields.invalid(block.at("tool_use_id"), "names no earlier tool_use");
    }
    JsonNode content = block.get("content");
    String text = content == null ? "" : texts(content, block.at("content"));
    // no template has a place for it
    String said = block.flag("is_error") ? "Error: " + text : text;
    out.addObject().put("role", "tool").put("tool_call_id", id).put("content", said);
  }

  private void assistant(JsonNode content, String where) {
    ObjectNode last = last("assistant");
    ObjectNode message = last == null ? out.addObject().put("role", "assistant") : last;
    if (content.isTextual()) {
      add(message, "content", content.textValue());
      return;
    }
    for (int i = 0; i < content.size(); i++) {
      RequestFields block = RequestFields.of(content.get(i), where + "[" + i + "]");
      String type = block.requiredText("type");
      switch (type) {
        case "text" -> add(message, "content", text(block, "text"));
        case "thinking" -> add(message, "reasoning_content", text(block, "thinking"));
        // encrypted for the server that made them
        case "redacted_thinking" -> {}
        case "tool_use" -> call(message, block);
        case "tool_result" ->
            throw RequestFields.invalid(
                block.at("type"), "is 'tool_result', which belongs to a user's message");
        default -> throw unsupported(block, type, "text, thinking, tool_use");
      }
    }
  }

  private void call(ObjectNode message, RequestFields block) {
    JsonNode input = block.required("input");
    if (!input.isObject()) {
      throw RequestFields.wrongType(block.at("input"), "an object");
    }
    String id = block.requiredText("id");
    calls.add(id);
    ObjectNode call = message.withArray("tool_calls").addObject();
    call.put("id", id).put("type", "function");
    call.putObject("function")
        .put("name", block.requiredText("name"))
        .put("arguments", JsonBody.compact(input));
  }

  /** An assistant's last message is gone on with: it must have text to go on from. */
  private void checkLast(String where) {
    JsonNode last = out.get(out.size() - 1);
    if (!last.path("role").asText().equals("assistant")) {
      return;
    }
    if (last.has("tool_calls")) {
      throw RequestFields.invalid(where, "holds a tool_use; a message with its result must follow");
    }
    if (last.path("content").asText().isBlank()) {
      throw RequestFields.invalid(where, "has no text that the answer could go on from");
    }
  }

  /** The message before, if it is of a role. */
  private @Nullable ObjectNode last(String role) {
    JsonNode last = out.isEmpty() ? null : out.get(out.size() - 1);
    boolean same = last != null && last.path("role").asText().equals(role);
    return same ? (ObjectNode) last : null;
  }

  private static void add(ObjectNode message, String field, String text) {
    message.put(field, message.path(field).asText("") + text);
  }

  private static void append(StringBuilder to, String text, String between) {
    if (!to.isEmpty() && !text.isEmpty()) {
      to.append(between);
    }
    to.append(text);
  }

  /** A text that must be there, and may be empty. */
  private static String text(RequestFields block, String name) {
    JsonNode unused = block.required(name);
    String text = block.text(name);
    return text == null ? "" : text;
  }

  private static ApiException unsupported(RequestFields block, String type, String known) {
    return RequestFields.unsupported(
        block.at("type"), "is " + Quoted.of(type) + "; this server takes " + known);
  }
}
