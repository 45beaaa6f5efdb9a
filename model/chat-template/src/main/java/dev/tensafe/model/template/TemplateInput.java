package dev.tensafe.model.template;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a chat template is given.
 *
 * @param messages maps with at least {@code role} and {@code content}
 * @param ending what stands behind the last message
 * @param tools functions that may be called, as OpenAI's API has them; null for none
 * @param documents maps that templates for retrieval know; null for none
 * @param given further variables, such as {@code enable_thinking}; none that {@link
 *     ChatTemplate#reserves}
 */
public record TemplateInput(
    List<Map<String, @Nullable Object>> messages,
    Ending ending,
    @Nullable List<?> tools,
    @Nullable List<?> documents,
    Map<String, ? extends @Nullable Object> given) {
  /** How a prompt ends. */
  public enum Ending {
    /** Behind the last message. */
    CLOSED,
    /** The assistant's turn has begun. */
    GENERATION_PROMPT,
    /** In the last message, which the output continues. */
    OPEN_MESSAGE
  }

  /** A conversation without tools, documents and variables of its own. */
  public static TemplateInput of(
      List<Map<String, @Nullable Object>> messages, boolean addGenerationPrompt) {
    return new TemplateInput(
        messages,
        addGenerationPrompt ? Ending.GENERATION_PROMPT : Ending.CLOSED,
        null,
        null,
        Map.of());
  }

  /** Shape only: messages are secret. */
  @Override
  public String toString() {
    return "TemplateInput[" + messages.size() + " messages]";
  }
}
