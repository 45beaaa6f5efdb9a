package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.model.template.ChatTemplate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a chat template is given by a request.
 *
 * @param messages as the template sees them
 * @param addGenerationPrompt whether the assistant's turn is opened at the end
 * @param variables the request's own ({@code chat_template_kwargs})
 */
public record ChatPrompt(
    List<Map<String, @Nullable Object>> messages,
    boolean addGenerationPrompt,
    Map<String, @Nullable Object> variables) {
  private static final String VARIABLES = "chat_template_kwargs";

  /** Fields that would make another prompt. */
  private static final List<String> UNSUPPORTED =
      List.of(
          "tools",
          "functions",
          "function_call",
          "documents",
          "chat_template",
          "continue_final_message");

  /** Shape only: messages are secret. */
  @Override
  public String toString() {
    return "ChatPrompt[" + messages.size() + " messages]";
  }

  /**
   * Parses the fields of a body that make its prompt.
   *
   * @throws ApiException 400 naming the field
   */
  static ChatPrompt parse(RequestFields fields) {
    fields.refuseAll(UNSUPPORTED);
    return new ChatPrompt(
        ChatMessages.parse(fields), fields.flag("add_generation_prompt", true), variables(fields));
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
