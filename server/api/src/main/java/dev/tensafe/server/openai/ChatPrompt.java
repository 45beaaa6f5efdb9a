package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.model.template.ChatTemplate;
import dev.tensafe.model.template.TemplateInput;
import dev.tensafe.model.template.TemplateInput.Ending;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a chat template is given by a request, from the fields of its body. */
final class ChatPrompt {
  private static final String VARIABLES = "chat_template_kwargs";

  /** Fields that would make another prompt. */
  private static final List<String> UNSUPPORTED = List.of("chat_template");

  private ChatPrompt() {}

  /**
   * Parses the fields of a body that make its prompt.
   *
   * @throws ApiException 400 naming the field
   */
  static TemplateInput parse(RequestFields fields) {
    fields.refuseAll(UNSUPPORTED);
    List<Map<String, @Nullable Object>> messages = ChatMessages.parse(fields);
    List<?> tools = list(fields, "tools");
    Map<String, @Nullable Object> given = variables(fields);
    JsonNode functions = fields.get("functions");
    if (tools == null && functions != null) {
      tools = ToolCalls.ofFunctions(functions);
    }
    if (tools != null) {
      given.putIfAbsent("functions", ToolCalls.asText(tools));
    }
    return new TemplateInput(
        messages, ending(fields, messages), tools, list(fields, "documents"), given);
  }

  private static Ending ending(RequestFields fields, List<Map<String, @Nullable Object>> messages) {
    if (!fields.flag("continue_final_message")) {
      return fields.flag("add_generation_prompt", true) ? Ending.GENERATION_PROMPT : Ending.CLOSED;
    }
    if (fields.flag("add_generation_prompt")) {
      throw ApiException.invalid(
          "continue_final_message",
          "invalid_value",
          "'continue_final_message' and 'add_generation_prompt' exclude each other");
    }
    Map<String, @Nullable Object> last = messages.get(messages.size() - 1);
    if (!"assistant".equals(last.get("role"))
        || !(last.get("content") instanceof String text)
        || text.isBlank()) {
      throw ApiException.invalid(
          "continue_final_message",
          "invalid_value",
          "'continue_final_message' needs a last message of the assistant with text to continue");
    }
    return Ending.OPEN_MESSAGE;
  }

  /** A list of objects; null for none. */
  private static @Nullable List<?> list(RequestFields fields, String name) {
    JsonNode node = fields.get(name);
    if (node == null || (node.isArray() && node.isEmpty())) {
      return null;
    }
    if (!node.isArray()) {
      throw RequestFields.wrongType(name, "a list of objects");
    }
    for (JsonNode item : node) {
      if (!item.isObject()) {
        throw RequestFields.wrongType(name, "a list of objects");
      }
    }
    return (List<?>) TemplateValues.of(node);
  }

  private static Map<String, @Nullable Object> variables(RequestFields fields) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    JsonNode node = fields.get(VARIABLES);
    if (node == null) {
      return out;
    }
    if (!node.isObject()) {
      throw RequestFields.wrongType(VARIABLES, "an object");
    }
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (ChatTemplate.reserves(entry.getKey())) {
        String name = VARIABLES + "." + entry.getKey();
        throw ApiException.invalid(
            name, "invalid_value", "'" + name + "' is a name that the server itself gives");
      }
      out.put(entry.getKey(), TemplateValues.of(entry.getValue()));
    }
    return out;
  }
}
