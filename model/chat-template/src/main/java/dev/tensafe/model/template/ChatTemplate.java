package dev.tensafe.model.template;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.UnicodeText;
import dev.tensafe.formats.tokenizer.TokenizerConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A model's chat template with its special tokens: messages in, prompt text out. Immutable and
 * thread-safe.
 */
public final class ChatTemplate {
  private static final Set<String> GIVEN =
      Set.of(
          "messages",
          "add_generation_prompt",
          "tools",
          "documents",
          "chat_template",
          "continue_final_message",
          "tokenize");

  private final Template template;
  private final Map<String, @Nullable Object> specialTokens;

  private ChatTemplate(Template template, Map<String, @Nullable Object> specialTokens) {
    this.template = template;
    this.specialTokens = specialTokens;
  }

  /**
   * Loads the template of a model directory: {@code chat_template.jinja}, or {@code chat_template}
   * in {@code tokenizer_config.json} (of several named ones, {@code default}).
   *
   * @return null when the model has none
   * @throws TemplateException when it does not compile
   */
  public static @Nullable ChatTemplate load(Path directory, Clock clock) {
    TokenizerConfig config = TokenizerConfig.read(directory);
    String source = source(directory.resolve("chat_template.jinja"), config.get("chat_template"));
    if (source == null) {
      return null;
    }
    Map<String, @Nullable Object> tokens = new HashMap<>(config.named());
    return new ChatTemplate(Template.compile(source, clock), tokens);
  }

  private static @Nullable String source(Path file, JsonNode inline) {
    if (Files.exists(file)) {
      try {
        return Files.readString(file, StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new FormatException("template.unreadable", "cannot read " + file, e);
      }
    }
    if (inline.isTextual()) {
      return inline.textValue();
    }
    for (JsonNode named : inline) {
      if (named.path("name").asText().equals("default")) {
        return named.path("template").asText();
      }
    }
    return null;
  }

  /**
   * Whether a name is one that templates get from the server: no variable of a request can have it.
   */
  public static boolean reserves(String name) {
    return GIVEN.contains(name) || name.endsWith("_token") || Globals.NAMES.contains(name);
  }

  /** Renders a conversation without variables of its own. */
  public String render(List<Map<String, @Nullable Object>> messages, boolean addGenerationPrompt) {
    return render(messages, addGenerationPrompt, Map.of());
  }

  /**
   * Renders a conversation.
   *
   * @param messages maps with at least {@code role} and {@code content}
   * @param addGenerationPrompt whether the assistant's turn is opened at the end
   * @param given further variables, such as {@code enable_thinking}; none that {@link #reserves}
   * @throws TemplateException when the template refuses the conversation or exceeds its limits
   */
  public String render(
      List<Map<String, @Nullable Object>> messages,
      boolean addGenerationPrompt,
      Map<String, ? extends @Nullable Object> given) {
    Map<String, @Nullable Object> variables = new HashMap<>(given);
    variables.putAll(specialTokens);
    variables.put("messages", messages);
    variables.put("add_generation_prompt", addGenerationPrompt);
    variables.put("tools", null);
    variables.put("documents", null);
    String text = template.render(variables);
    if (UnicodeText.loneSurrogate(text) >= 0) {
      throw TemplateException.error("the template writes half of a surrogate pair");
    }
    return text;
  }
}
