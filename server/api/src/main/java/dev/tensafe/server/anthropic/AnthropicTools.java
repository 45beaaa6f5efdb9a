package dev.tensafe.server.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.Quoted;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.RequestFields;
import dev.tensafe.server.tools.Tool;
import dev.tensafe.server.tools.ToolRequest;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;

/** The fields {@code tools} and {@code tool_choice} as those of a chat. */
final class AnthropicTools {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1," + Tool.LONGEST_NAME + "}");

  private AnthropicTools() {}

  /**
   * Translates.
   *
   * @throws ApiException 400 naming the field
   */
  static void put(RequestFields fields, ObjectNode chat) {
    Set<String> names = tools(fields, chat);
    RequestFields choice = fields.object("tool_choice");
    if (choice == null) {
      return;
    }
    String type = choice.requiredText("type");
    boolean calls = type.equals("any") || type.equals("tool");
    if (calls && names.isEmpty()) {
      throw RequestFields.invalid("tool_choice", "asks for a call, but the request has no tools");
    }
    switch (type) {
      case "auto" -> chat.put("tool_choice", names.isEmpty() ? "none" : type);
      case "none" -> chat.put("tool_choice", type);
      case "any" -> chat.put("tool_choice", "required");
      case "tool" -> {
        String name = choice.requiredText("name");
        if (!names.contains(name)) {
          throw RequestFields.invalid(choice.at("name"), "is none of the tools");
        }
        ObjectNode made = chat.putObject("tool_choice").put("type", "function");
        made.putObject("function").put("name", name);
      }
      default -> throw RequestFields.invalid(choice.at("type"), "must be auto, any, tool or none");
    }
    chat.put("parallel_tool_calls", !choice.flag("disable_parallel_tool_use"));
  }

  private static Set<String> tools(RequestFields fields, ObjectNode chat) {
    Set<String> names = new HashSet<>();
    JsonNode list = fields.get("tools");
    if (list == null) {
      return names;
    }
    if (!list.isArray()) {
      throw RequestFields.wrongType("tools", "a list of tools");
    }
    RequestFields.atMost(list, "tools", ToolRequest.MOST_TOOLS, "tools");
    ArrayNode out = chat.putArray("tools");
    for (int i = 0; i < list.size(); i++) {
      tool(RequestFields.of(list.get(i), "tools[" + i + "]"), out, names);
    }
    return names;
  }

  private static void tool(RequestFields tool, ArrayNode out, Set<String> names) {
    String type = tool.text("type");
    if (type != null && !type.equals("custom")) {
      throw RequestFields.unsupported(
          tool.at("type"),
          "is " + Quoted.of(type) + "; this server takes tools of the client, 'custom'");
    }
    String name = tool.requiredText("name");
    if (!NAME.matcher(name).matches()) {
      throw RequestFields.invalid(
          tool.at("name"), "must be 1 to 64 letters, digits, underscores and hyphens");
    }
    if (!names.add(name)) {
      throw RequestFields.invalid(tool.at("name"), "is the name of an earlier tool, too");
    }
    JsonNode schema = tool.required("input_schema");
    if (!schema.isObject() || !schema.path("type").asText("object").equals("object")) {
      throw RequestFields.wrongType(tool.at("input_schema"), "a JSON Schema of type 'object'");
    }
    ObjectNode made = out.addObject().put("type", "function");
    ObjectNode function = made.putObject("function").put("name", name);
    String description = tool.text("description");
    if (description != null) {
      function.put("description", description);
    }
    function.set("parameters", schema);
    if (tool.has("strict")) {
      function.put("strict", tool.flag("strict"));
    }
  }
}
