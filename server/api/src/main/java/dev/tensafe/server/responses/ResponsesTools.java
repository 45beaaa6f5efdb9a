package dev.tensafe.server.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.Quoted;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.RequestFields;
import dev.tensafe.server.tools.ToolRequest;

/**
 * The fields {@code tools}, {@code tool_choice} and {@code parallel_tool_calls} as those of a chat,
 * which has what a function is in an object of its own. The functions themselves are checked there.
 */
final class ResponsesTools {
  private ResponsesTools() {}

  /**
   * Translates.
   *
   * @throws ApiException 400 naming the field
   */
  static void put(RequestFields fields, ObjectNode chat) {
    JsonNode list = fields.get("tools");
    if (list != null) {
      if (!list.isArray()) {
        throw RequestFields.wrongType("tools", "a list of tools");
      }
      RequestFields.atMost(list, "tools", ToolRequest.MOST_TOOLS, "tools");
      ArrayNode out = chat.putArray("tools");
      for (int i = 0; i < list.size(); i++) {
        RequestFields tool = RequestFields.of(list.get(i), "tools[" + i + "]");
        function(tool);
        ObjectNode function = out.addObject().put("type", "function").putObject("function");
        for (String name : new String[] {"name", "description", "parameters", "strict"}) {
          JsonNode value = tool.get(name);
          if (value != null) {
            function.set(name, value);
          }
        }
      }
    }
    choice(fields, chat);
    chat.put("parallel_tool_calls", fields.flag("parallel_tool_calls", true));
  }

  private static void choice(RequestFields fields, ObjectNode chat) {
    JsonNode choice = fields.get("tool_choice");
    if (choice == null || choice.isTextual()) {
      // there "auto" says nothing without tools
      if (choice != null && (!chat.path("tools").isEmpty() || !choice.asText().equals("auto"))) {
        chat.set("tool_choice", choice);
      }
      return;
    }
    RequestFields given = RequestFields.of(choice, "tool_choice");
    String type = given.requiredText("type");
    switch (type) {
      case "function" -> named(given, chat.putObject("tool_choice"));
      case "allowed_tools" -> {
        ObjectNode made = chat.putObject("tool_choice").put("type", type);
        ObjectNode allowed = made.putObject(type).put("mode", given.requiredText("mode"));
        ArrayNode tools = allowed.putArray("tools");
        JsonNode list = given.required("tools");
        if (!list.isArray()) {
          throw RequestFields.wrongType(given.at("tools"), "a list of tools");
        }
        for (int i = 0; i < list.size(); i++) {
          RequestFields tool = RequestFields.of(list.get(i), given.at("tools[" + i + "]"));
          function(tool);
          named(tool, tools.addObject());
        }
      }
      default ->
          throw RequestFields.unsupported(
              given.at("type"),
              "is " + Quoted.of(type) + "; this server takes function, allowed_tools");
    }
  }

  private static void named(RequestFields given, ObjectNode out) {
    out.put("type", "function").putObject("function").put("name", given.requiredText("name"));
  }

  private static void function(RequestFields tool) {
    String type = tool.requiredText("type");
    if (!type.equals("function")) {
      throw RequestFields.unsupported(
          tool.at("type"), "is " + Quoted.of(type) + "; this server takes function");
    }
  }
}
