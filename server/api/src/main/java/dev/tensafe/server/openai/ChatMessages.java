package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The field {@code messages}, from the wire's shapes to those that templates are written for: parts
 * of text are one text, arguments of a call are what their JSON says, deprecated names are the ones
 * of today, and what says that there is none is not there.
 */
final class ChatMessages {
  private static final Set<String> ROLES =
      Set.of("system", "developer", "user", "assistant", "tool", "function");

  /** Names of roles that templates do not know, and the same role's name that they do. */
  private static final Map<String, String> SAME_ROLE =
      Map.of("developer", "system", "function", "tool");

  private ChatMessages() {}

  /**
   * @throws ApiException 400 naming the field
   */
  static List<Map<String, @Nullable Object>> parse(RequestFields fields) {
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
    CallAnswers answers = new CallAnswers();
    for (int i = 0; i < list.size(); i++) {
      String where = "messages[" + i + "]";
      out.add(message(list.get(i), where));
      answers.next(list.get(i), list.get(i).path("role").asText(), where);
    }
    answers.end();
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
          "'" + where + ".role' must be one of system, developer, user, assistant, tool, function");
    }
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    out.put("role", SAME_ROLE.getOrDefault(role, role));
    boolean assistant = role.equals("assistant");
    List<Object> calls = assistant ? ToolCalls.of(node, where) : List.of();
    out.put("content", content(node, role, !calls.isEmpty(), where));
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      String name = entry.getKey();
      boolean call = assistant && ToolCalls.FIELDS.contains(name);
      if (!out.containsKey(name) && !call && !isNone(entry.getValue())) {
        out.put(name, TemplateValues.of(entry.getValue()));
      }
    }
    if (!calls.isEmpty()) {
      out.put("tool_calls", calls);
    }
    return out;
  }

  private static boolean isNone(JsonNode value) {
    return value.isNull() || (value.isArray() && value.isEmpty());
  }

  /** The text; null, which templates test for, where calls stand in its place. */
  private static @Nullable String content(
      JsonNode message, String role, boolean calls, String where) {
    JsonNode node = message.path("content");
    String field = where + ".content";
    boolean absent = node.isMissingNode() || node.isNull();
    if (absent || (node.isArray() && node.isEmpty())) {
      if (!role.equals("assistant") && absent) {
        throw ApiException.invalid(
            field, "missing_required_parameter", "'" + field + "' is required");
      }
      JsonNode refusal = message.path("refusal");
      if (refusal.isTextual()) {
        return refusal.textValue();
      }
      return calls ? null : "";
    }
    if (node.isTextual()) {
      return node.textValue();
    }
    if (!node.isArray()) {
      throw RequestFields.wrongType(field, "a string or a list of parts");
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode part : node) {
      text.append(part(part, role, field));
    }
    return text.toString();
  }

  private static String part(JsonNode part, String role, String field) {
    String type = part.path("type").asText();
    // what an assistant has said before, when it declined
    boolean known = type.equals("text") || (type.equals("refusal") && role.equals("assistant"));
    if (!known || !part.path(type).isTextual()) {
      throw ApiException.invalid(
          field, "invalid_value", "'" + field + "' may hold parts of text only");
    }
    return part.path(type).textValue();
  }
}
