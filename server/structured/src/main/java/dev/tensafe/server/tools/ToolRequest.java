package dev.tensafe.server.tools;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * What a chat request says of tools.
 *
 * @param tools without two of one name; empty where it has none
 * @param parallel whether one answer may have several calls
 * @param deprecated whether it says {@code functions}: its answer has {@code function_call}
 * @param flexible whether blanks and line breaks may stand in JSON where it lets them
 */
public record ToolRequest(
    List<Tool> tools, ToolChoice choice, boolean parallel, boolean deprecated, boolean flexible) {
  /** Tools of one request. */
  public static final int MOST_TOOLS = 128;

  public ToolRequest {
    tools = List.copyOf(tools);
  }

  /** JSON as models write it by themselves. */
  public ToolRequest(List<Tool> tools, ToolChoice choice, boolean parallel, boolean deprecated) {
    this(tools, choice, parallel, deprecated, false);
  }

  /**
   * Reads {@code tools}, {@code tool_choice} and {@code parallel_tool_calls}, or the deprecated
   * {@code functions} and {@code function_call}, of OpenAI's chat completions.
   *
   * @param body of the request, an object
   * @throws ToolException naming the field
   */
  public static ToolRequest parse(JsonNode body) {
    return new ToolFields(body).request();
  }

  /** The same request, with white space in JSON as it says. */
  public ToolRequest with(boolean flexibleJson) {
    return new ToolRequest(tools, choice, parallel, deprecated, flexibleJson);
  }

  /** Whether the answer may have calls. */
  public boolean mayCall() {
    return !tools.isEmpty() && choice.mode() != ToolChoice.Mode.NONE;
  }

  /** The tools that may be called. */
  public List<Tool> callable() {
    return mayCall()
        ? tools.stream().filter(tool -> choice.allows(tool.name())).toList()
        : List.of();
  }
}
