package dev.tensafe.server.responses;

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
 * The fields {@code instructions} and {@code input} as messages of a chat. What an assistant said,
 * thought and called is several items here and one message there. Confined to one thread.
 */
final class ResponsesInput {
  private final ArrayNode out = JsonBody.object().putArray("messages");
  private final Set<String> calls = new HashSet<>();

  private ResponsesInput() {}

  /**
   * Translates.
   *
   * @throws ApiException 400 naming the field
   */
  static ArrayNode of(RequestFields fields) {
    ResponsesInput input = new ResponsesInput();
    String instructions = fields.text("instructions");
    if (instructions != null && !instructions.isEmpty()) {
      input.add("system", instructions);
    }
    JsonNode items = fields.required("input");
    if (items.isTextual()) {
      input.add("user", items.textValue());
      return input.out;
    }
    if (!items.isArray()) {
      throw RequestFields.wrongType("input", "a string or a list of items");
    }
    if (items.isEmpty()) {
      throw RequestFields.invalid("input", "must hold at least one item");
    }
    for (int i = 0; i < items.size(); i++) {
      input.item(RequestFields.of(items.get(i), "input[" + i + "]"));
    }
    return input.out;
  }

  private void item(RequestFields item) {
    String type = item.text("type");
    switch (type == null ? "message" : type) {
      case "message" -> message(item);
      case "function_call" -> call(item);
      case "function_call_output" -> result(item);
      case "reasoning" -> reasoning(item);
      case "item_reference" ->
          throw RequestFields.unsupported(
              item.at("type"), "is 'item_reference', but nothing is stored here");
      default ->
          throw RequestFields.unsupported(
              item.at("type"),
              "is "
                  + Quoted.of(String.valueOf(type))
                  + "; this server takes message, function_call, function_call_output, reasoning");
    }
  }

  private void message(RequestFields item) {
    String role = item.requiredText("role");
    JsonNode content = item.required("content");
    switch (role) {
      case "user" -> add("user", texts(content, item.at("content"), "input_text", null));
      case "system", "developer" -> system(texts(content, item.at("content"), "input_text", null));
      case "assistant" ->
          append(
              assistant(), "content", texts(content, item.at("content"), "output_text", "refusal"));
      default ->
          throw RequestFields.invalid(
              item.at("role"), "must be user, assistant, system or developer");
    }
  }

  private void add(String role, String text) {
    out.addObject().put("role", role).put("content", text);
  }

  /** Instructions at the beginning are one text, as templates have one place for them. */
  private void system(String text) {
    if (out.size() == 1 && out.get(0).path("role").asText().equals("system")) {
      ObjectNode first = (ObjectNode) out.get(0);
      first.put("content", first.path("content").textValue() + "\n\n" + text);
    } else {
      add("system", text);
    }
  }

  /** A string, or parts of text; an assistant's may also be input, as some clients have it. */
  private static String texts(JsonNode content, String where, String kind, @Nullable String other) {
    if (content.isTextual()) {
      return content.textValue();
    }
    if (!content.isArray()) {
      throw RequestFields.wrongType(where, "a string or a list of parts");
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < content.size(); i++) {
      RequestFields part = RequestFields.of(content.get(i), where + "[" + i + "]");
      String type = part.requiredText("type");
      if (!type.equals("input_text") && !type.equals(kind) && !type.equals(other)) {
        throw RequestFields.unsupported(
            part.at("type"), "is " + Quoted.of(type) + "; this server takes " + kind);
      }
      text.append(anyText(part, type.equals("refusal") ? type : "text"));
    }
    return text.toString();
  }

  private void call(RequestFields item) {
    String id = item.requiredText("call_id");
    calls.add(id);
    ObjectNode made = assistant().withArray("tool_calls").addObject();
    made.put("id", id).put("type", "function");
    made.putObject("function")
        .put("name", item.requiredText("name"))
        .put("arguments", anyText(item, "arguments"));
  }

  private void result(RequestFields item) {
    String id = item.requiredText("call_id");
    if (!calls.contains(id)) {
      throw RequestFields.invalid(item.at("call_id"), "names no earlier function_call");
    }
    String text = texts(item.required("output"), item.at("output"), "input_text", null);
    out.addObject().put("role", "tool").put("tool_call_id", id).put("content", text);
  }

  /** What is encrypted, for the server that made it, and summaries are left out. */
  private void reasoning(RequestFields item) {
    JsonNode content = item.get("content");
    if (content != null) {
      String text = texts(content, item.at("content"), "reasoning_text", null);
      append(assistant(), "reasoning_content", text);
    }
  }

  /** The assistant's message that is going on. */
  private ObjectNode assistant() {
    JsonNode last = out.isEmpty() ? null : out.get(out.size() - 1);
    return last != null && last.path("role").asText().equals("assistant")
        ? (ObjectNode) last
        : out.addObject().put("role", "assistant");
  }

  private static void append(ObjectNode message, String field, String text) {
    message.put(field, message.path(field).asText("") + text);
  }

  /** A text that must be there, and may be empty. */
  private static String anyText(RequestFields fields, String name) {
    JsonNode unused = fields.required(name);
    String text = fields.text(name);
    return text == null ? "" : text;
  }
}
