package dev.tensafe.server.tools;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Texts that stand in a prompt where the chat template knows no tools: what there is to call and
 * how, in the format {@code json}; earlier calls; their results. Stateless.
 */
public final class ToolPrompt {
  private ToolPrompt() {}

  /** What a system message says, behind what the request's own one does. */
  public static String instructions(ToolRequest request) {
    StringBuilder text = new StringBuilder("# Tools\n\nYou can call these functions. ");
    text.append("The parameters of each are a JSON Schema:\n\n");
    for (Tool tool : request.tools()) {
      ObjectNode line = JsonNodeFactory.instance.objectNode().put("name", tool.name());
      if (tool.description() != null) {
        line.put("description", tool.description());
      }
      text.append(line.set("parameters", tool.parameters()).toString()).append('\n');
    }
    text.append(
        "\nTo call a function, answer with one JSON object of this form and nothing else:\n\n");
    text.append(
        "{\"tool_calls\": [{\"name\": \"<name>\", \"arguments\": {\"<parameter>\": <value>}}]}\n\n");
    text.append(
        request.parallel() ? "The list may hold several calls. " : "The list holds one call. ");
    text.append(
        switch (request.choice().mode()) {
          case NONE, AUTO -> "Where no function helps, answer in words.";
          case REQUIRED -> "Your answer must be a call.";
        });
    return text.toString();
  }

  /** An earlier call, as part of what the assistant said. */
  public record Earlier(String name, String arguments) {}

  /** What an assistant's message with calls says, behind its text. */
  public static String calls(List<Earlier> calls) {
    StringBuilder text = new StringBuilder("{\"tool_calls\": [");
    for (int i = 0; i < calls.size(); i++) {
      Earlier call = calls.get(i);
      text.append(i == 0 ? "" : ", ");
      text.append("{\"name\": ").append(JsonNodeFactory.instance.textNode(call.name()));
      text.append(", \"arguments\": ").append(call.arguments()).append('}');
    }
    return text.append("]}").toString();
  }

  /** What a user's message says that brings the result of a call. */
  public static String result(String name, String result) {
    return "The result of " + name + ":\n" + result;
  }
}
