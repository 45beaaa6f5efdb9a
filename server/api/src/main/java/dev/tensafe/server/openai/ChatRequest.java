package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A parsed {@code POST /v1/chat/completions}.
 *
 * @param messages as the chat template sees them
 */
public record ChatRequest(
    InferenceRequest inference, List<Map<String, @Nullable Object>> messages) {
  private static final Set<String> ROLES =
      Set.of("system", "developer", "user", "assistant", "tool");
  private static final List<String> UNSUPPORTED =
      List.of("tools", "functions", "function_call", "audio");

  /** Shape only: messages are secret. */
  @Override
  public String toString() {
    return "ChatRequest[" + messages.size() + " messages]";
  }

  /**
   * Parses and checks a body.
   *
   * @throws ApiException 400 naming the field
   */
  public static ChatRequest parse(JsonNode body, int vocabSize) {
    RequestFields fields = new RequestFields(body);
    RequestParser parser = new RequestParser(fields, vocabSize);
    parser.refuseUnsupported(UNSUPPORTED);
    JsonNode choice = fields.get("tool_choice");
    if (choice != null && !choice.asText().equals("none") && !choice.asText().equals("auto")) {
      throw ApiException.invalid(
          "tool_choice", "unsupported_parameter", "'tool_choice' is not supported by this server");
    }
    boolean logprobs = fields.flag("logprobs");
    if (fields.has("top_logprobs") && !logprobs) {
      throw ApiException.invalid(
          "top_logprobs", "invalid_value", "'top_logprobs' needs 'logprobs': true");
    }
    int top = logprobs ? (int) fields.integer("top_logprobs", 0, 0, 20) : -1;
    InferenceRequest inference = parser.parse(null, 1, top);
    return new ChatRequest(inference, messages(fields));
  }

  /** Parses the field {@code messages} of a body; also used for tokenisation. */
  public static List<Map<String, @Nullable Object>> messages(JsonNode body) {
    return messages(new RequestFields(body));
  }

  private static List<Map<String, @Nullable Object>> messages(RequestFields fields) {
    JsonNode list = fields.get("messages");
    if (list == null) {
      throw ApiException.invalid(
          "messages", "missing_required_parameter", "'messages' is required");
    }
    if (!list.isArray() || list.isEmpty()) {
      throw ApiException.invalid(
          "messages", "invalid_value", "'messages' must be a list of at least one message");
    }
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      out.add(message(list.get(i), "messages[" + i + "]"));
    }
    return out;
  }

  private static Map<String, @Nullable Object> message(JsonNode node, String where) {
    if (!node.isObject()) {
      throw RequestFields.wrongType(where, "an object");
    }
    String role = node.path("role").asText();
    if (!ROLES.contains(role)) {
      throw ApiException.invalid(
          where + ".role",
          "invalid_value",
          "'" + where + ".role' must be one of system, developer, user, assistant, tool");
    }
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    // templates know no developer: it is the newer name of system
    out.put("role", role.equals("developer") ? "system" : role);
    out.put("content", content(node.get("content"), role, where + ".content"));
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (!out.containsKey(entry.getKey()) && !entry.getValue().isNull()) {
        out.put(entry.getKey(), plain(entry.getValue()));
      }
    }
    return out;
  }

  private static @Nullable String content(@Nullable JsonNode node, String role, String where) {
    if (node == null || node.isNull()) {
      if (role.equals("assistant")) {
        return "";
      }
      throw ApiException.invalid(
          where, "missing_required_parameter", "'" + where + "' is required");
    }
    if (node.isTextual()) {
      return node.textValue();
    }
    if (!node.isArray()) {
      throw RequestFields.wrongType(where, "a string or a list of parts");
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode part : node) {
      if (!part.path("type").asText().equals("text") || !part.path("text").isTextual()) {
        throw ApiException.invalid(
            where, "invalid_value", "'" + where + "' may hold text parts only");
      }
      text.append(part.path("text").textValue());
    }
    return text.toString();
  }

  private static @Nullable Object plain(JsonNode node) {
    if (node.isObject()) {
      Map<String, @Nullable Object> out = new LinkedHashMap<>();
      node.properties().forEach(e -> out.put(e.getKey(), plain(e.getValue())));
      return out;
    } else if (node.isArray()) {
      List<@Nullable Object> out = new ArrayList<>();
      node.forEach(item -> out.add(plain(item)));
      return out;
    } else if (node.isTextual()) {
      return node.textValue();
    } else if (node.isBoolean()) {
      return node.booleanValue();
    } else if (node.isIntegralNumber()) {
      return node.canConvertToLong() ? (Object) node.longValue() : node.bigIntegerValue();
    }
    return node.isNumber() ? (Object) node.doubleValue() : null;
  }
}
