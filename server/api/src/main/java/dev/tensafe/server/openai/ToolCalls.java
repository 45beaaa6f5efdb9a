package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The calls that an assistant made earlier in a conversation. On the wire the arguments are JSON in
 * a string; templates are written for what that JSON says, and write it with {@code tojson}.
 */
final class ToolCalls {
  /** Fields of a message that hold calls; the second is the first's deprecated form. */
  static final Set<String> FIELDS = Set.of("tool_calls", "function_call");

  private ToolCalls() {}

  /**
   * The calls of a message; none for null, an empty list or no field.
   *
   * @throws ApiException 400 naming the field
   */
  static List<Object> of(JsonNode message, String where) {
    List<Object> out = new ArrayList<>();
    JsonNode calls = message.path("tool_calls");
    String field = where + ".tool_calls";
    if (!calls.isMissingNode() && !calls.isNull()) {
      if (!calls.isArray()) {
        throw RequestFields.wrongType(field, "a list of calls");
      }
      for (int i = 0; i < calls.size(); i++) {
        out.add(call(calls.get(i), field + "[" + i + "]"));
      }
    }
    JsonNode single = message.path("function_call");
    if (!single.isMissingNode() && !single.isNull()) {
      Map<String, @Nullable Object> call = new LinkedHashMap<>();
      call.put("type", "function");
      call.put("function", function(single, where + ".function_call"));
      out.add(call);
    }
    return out;
  }

  /** Functions in their deprecated form, as the tools of today. */
  static List<Object> ofFunctions(JsonNode functions) {
    List<Object> out = new ArrayList<>();
    for (JsonNode function : functions) {
      Map<String, @Nullable Object> tool = new LinkedHashMap<>();
      tool.put("type", "function");
      tool.put("function", TemplateValues.of(function));
      out.add(tool);
    }
    return out;
  }

  /** What templates that ask for {@code functions} show: the functions of tools, as JSON. */
  static String asText(List<?> tools) {
    List<Object> functions = new ArrayList<>();
    for (Object tool : tools) {
      if (tool instanceof Map<?, ?> map && map.get("function") != null) {
        functions.add(map.get("function"));
      }
    }
    return JsonBody.indented(functions);
  }

  private static Map<String, @Nullable Object> call(JsonNode call, String where) {
    if (!call.isObject()) {
      throw RequestFields.wrongType(where, "an object");
    }
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : call.properties()) {
      if (entry.getKey().equals("function")) {
        out.put("function", function(entry.getValue(), where + ".function"));
      } else if (!entry.getValue().isNull()) {
        out.put(entry.getKey(), TemplateValues.of(entry.getValue()));
      }
    }
    return out;
  }

  private static Map<String, @Nullable Object> function(JsonNode function, String where) {
    if (!function.isObject()) {
      throw RequestFields.wrongType(where, "an object");
    }
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : function.properties()) {
      if (!entry.getKey().equals("arguments") && !entry.getValue().isNull()) {
        out.put(entry.getKey(), TemplateValues.of(entry.getValue()));
      }
    }
    out.put("arguments", arguments(function.path("arguments"), where + ".arguments"));
    return out;
  }

  /** What a string of JSON says; the string where it is none. */
  private static @Nullable Object arguments(JsonNode node, String where) {
    JsonNode value = node;
    if (node.isTextual()) {
      value =
          node.textValue().isBlank() ? JsonBody.object() : JsonBody.read(node.textValue(), where);
    }
    if (value == null) {
      return node.textValue();
    }
    return value.isMissingNode() || value.isNull()
        ? new LinkedHashMap<>()
        : TemplateValues.of(value);
  }
}
