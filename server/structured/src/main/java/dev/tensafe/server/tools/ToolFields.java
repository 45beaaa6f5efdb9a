package dev.tensafe.server.tools;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.Quoted;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what a chat request of OpenAI's form says of tools. Confined to one thread. */
final class ToolFields {
  private static final String CHOICE = "tool_choice";
  private static final String FUNCTION_CALL = "function_call";

  private final JsonNode body;

  ToolFields(JsonNode body) {
    this.body = body;
  }

  ToolRequest request() {
    boolean deprecated = isThere("functions");
    if (deprecated && isThere("tools")) {
      throw ToolException.invalid(
          "functions", "is the deprecated name of 'tools': give one of them");
    }
    if (deprecated && get(body, CHOICE) != null) {
      throw ToolException.invalid(CHOICE, "goes with 'tools'; 'functions' have 'function_call'");
    }
    if (!deprecated && get(body, FUNCTION_CALL) != null) {
      throw ToolException.invalid(
          FUNCTION_CALL, "goes with 'functions', which are not there; 'tools' have 'tool_choice'");
    }
    List<Tool> tools = tools(deprecated ? "functions" : "tools", deprecated);
    ToolChoice choice = deprecated ? functionCall(tools) : choice(tools, get(body, CHOICE));
    JsonNode parallel = get(body, "parallel_tool_calls");
    if (parallel != null && !parallel.isBoolean()) {
      throw ToolException.wrongType("parallel_tool_calls", "true or false");
    }
    // an answer to 'functions' has room for one call
    boolean several = !deprecated && (parallel == null || parallel.booleanValue());
    return new ToolRequest(tools, choice, several, deprecated);
  }

  /** An empty list says that there is none. */
  private boolean isThere(String list) {
    JsonNode value = get(body, list);
    return value != null && !(value.isArray() && value.isEmpty());
  }

  private List<Tool> tools(String field, boolean bare) {
    JsonNode list = get(body, field);
    if (list == null || (list.isArray() && list.isEmpty())) {
      return List.of();
    }
    if (!list.isArray()) {
      throw ToolException.wrongType(field, "a list of tools");
    }
    if (list.size() > ToolRequest.MOST_TOOLS) {
      throw ToolException.invalid(
          field, "holds " + list.size() + " tools; at most " + ToolRequest.MOST_TOOLS);
    }
    List<Tool> out = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>();
    for (int i = 0; i < list.size(); i++) {
      String where = field + "[" + i + "]";
      Tool tool = bare ? function(list.get(i), where) : tool(list.get(i), where);
      if (!names.add(tool.name())) {
        throw ToolException.invalid(where, "is the second one called '" + tool.name() + "'");
      }
      out.add(tool);
    }
    return out;
  }

  private static Tool tool(JsonNode node, String where) {
    object(node, where);
    String type = text(node, "type", where);
    if (type == null) {
      throw ToolException.missing(where + ".type");
    }
    if (!type.equals("function")) {
      throw ToolException.unsupported(
          where + ".type", "must be 'function', not " + Quoted.of(type));
    }
    JsonNode function = get(node, "function");
    if (function == null) {
      throw ToolException.missing(where + ".function");
    }
    known(node, Set.of("type", "function"), where);
    return function(function, where + ".function");
  }

  private static Tool function(JsonNode node, String where) {
    object(node, where);
    known(node, Set.of("name", "description", "parameters", "strict"), where);
    JsonNode strict = get(node, "strict");
    if (strict != null && !strict.isBoolean()) {
      throw ToolException.wrongType(where + ".strict", "true or false");
    }
    return Tool.of(
        text(node, "name", where),
        text(node, "description", where),
        get(node, "parameters"),
        strict == null ? null : strict.booleanValue(),
        where);
  }

  private static ToolChoice choice(List<Tool> tools, @Nullable JsonNode node) {
    if (node == null) {
      return new ToolChoice(ToolChoice.Mode.AUTO, Set.of());
    }
    if (node.isTextual()) {
      return new ToolChoice(mode(tools, node.textValue(), CHOICE), Set.of());
    }
    if (!node.isObject()) {
      throw ToolException.wrongType(CHOICE, "a string or an object");
    }
    String type = text(node, "type", CHOICE);
    if ("function".equals(type)) {
      known(node, Set.of("type", "function"), CHOICE);
      String name = named(tools, node, CHOICE);
      return new ToolChoice(ToolChoice.Mode.REQUIRED, Set.of(name));
    }
    if ("allowed_tools".equals(type)) {
      return allowed(tools, node);
    }
    throw type == null
        ? ToolException.missing(CHOICE + ".type")
        : ToolException.unsupported(
            CHOICE + ".type", "must be 'function' or 'allowed_tools', not " + Quoted.of(type));
  }

  private static ToolChoice allowed(List<Tool> tools, JsonNode node) {
    String where = CHOICE + ".allowed_tools";
    JsonNode allowed = get(node, "allowed_tools");
    if (allowed == null) {
      throw ToolException.missing(where);
    }
    object(allowed, where);
    known(node, Set.of("type", "allowed_tools"), CHOICE);
    known(allowed, Set.of("mode", "tools"), where);
    String mode = text(allowed, "mode", where);
    if (mode == null) {
      throw ToolException.missing(where + ".mode");
    }
    if (!mode.equals("auto") && !mode.equals("required")) {
      throw ToolException.invalid(
          where + ".mode", "must be 'auto' or 'required', not " + Quoted.of(mode));
    }
    JsonNode list = get(allowed, "tools");
    if (list == null || !list.isArray() || list.isEmpty()) {
      throw ToolException.wrongType(where + ".tools", "a list of at least one tool");
    }
    Set<String> names = new LinkedHashSet<>();
    for (int i = 0; i < list.size(); i++) {
      String item = where + ".tools[" + i + "]";
      object(list.get(i), item);
      known(list.get(i), Set.of("type", "function"), item);
      names.add(named(tools, list.get(i), item));
    }
    return new ToolChoice(mode(tools, mode, where + ".mode"), names);
  }

  private ToolChoice functionCall(List<Tool> tools) {
    String field = FUNCTION_CALL;
    JsonNode node = get(body, field);
    if (node == null || node.isTextual()) {
      ToolChoice.Mode mode =
          node == null ? ToolChoice.Mode.AUTO : mode(tools, node.textValue(), field);
      if (mode == ToolChoice.Mode.REQUIRED) {
        throw ToolException.invalid(field, "must be 'none', 'auto' or the name of a function");
      }
      return new ToolChoice(mode, Set.of());
    }
    object(node, field);
    known(node, Set.of("name"), field);
    String name = known(tools, text(node, "name", field), field + ".name");
    return new ToolChoice(ToolChoice.Mode.REQUIRED, Set.of(name));
  }

  private static ToolChoice.Mode mode(List<Tool> tools, String word, String field) {
    ToolChoice.Mode mode =
        switch (word) {
          case "none" -> ToolChoice.Mode.NONE;
          case "auto" -> ToolChoice.Mode.AUTO;
          case "required" -> ToolChoice.Mode.REQUIRED;
          default ->
              throw ToolException.invalid(
                  field, "must be 'none', 'auto', 'required' or name a function");
        };
    if (mode != ToolChoice.Mode.NONE && tools.isEmpty()) {
      throw ToolException.invalid(field, "needs 'tools', and the request has none");
    }
    return mode;
  }

  /** The name of a tool in {@code {"type": "function", "function": {"name": …}}}. */
  private static String named(List<Tool> tools, JsonNode node, String where) {
    JsonNode function = get(node, "function");
    if (function == null) {
      throw ToolException.missing(where + ".function");
    }
    object(function, where + ".function");
    known(function, Set.of("name"), where + ".function");
    String field = where + ".function.name";
    return known(tools, text(function, "name", where + ".function"), field);
  }

  private static String known(List<Tool> tools, @Nullable String name, String field) {
    if (name == null) {
      throw ToolException.missing(field);
    }
    if (tools.stream().noneMatch(tool -> tool.name().equals(name))) {
      throw ToolException.invalid(field, "is none of the tools: " + Quoted.of(name));
    }
    return name;
  }

  private static @Nullable JsonNode get(JsonNode node, String name) {
    JsonNode value = node.get(name);
    return value == null || value.isNull() ? null : value;
  }

  private static @Nullable String text(JsonNode node, String name, String where) {
    JsonNode value = get(node, name);
    if (value != null && !value.isTextual()) {
      throw ToolException.wrongType(where + "." + name, "a string");
    }
    return value == null ? null : value.textValue();
  }

  /** Refuses fields that would say something else. */
  private static void known(JsonNode node, Set<String> names, String where) {
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!names.contains(field.getKey()) && !field.getValue().isNull()) {
        throw ToolException.unsupported(
            where + "." + Quoted.bare(field.getKey()), "is not supported by this server");
      }
    }
  }

  private static void object(JsonNode node, String field) {
    if (!node.isObject()) {
      throw ToolException.wrongType(field, "an object");
    }
  }
}
