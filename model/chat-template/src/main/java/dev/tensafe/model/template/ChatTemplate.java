package dev.tensafe.model.template;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.UnicodeText;
import dev.tensafe.formats.tokenizer.TokenizerConfig;
import dev.tensafe.model.template.TemplateInput.Ending;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
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

  /** How templates that ask for {@code datetime} show it. */
  private static final DateTimeFormatter DATE_TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'GMT'", Locale.ROOT);

  private final String source;
  private final Template template;
  private final Clock clock;
  private final Map<String, @Nullable Object> specialTokens;

  private ChatTemplate(String source, Clock clock, Map<String, @Nullable Object> specialTokens) {
    this.source = source;
    this.template = Template.compile(source, clock);
    this.clock = clock;
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
    return new ChatTemplate(source, clock, tokens);
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

  /** The template as it was written. */
  public String source() {
    return source;
  }

  /** Renders messages without variables of their own. */
  public String render(List<Map<String, @Nullable Object>> messages, boolean addGenerationPrompt) {
    return render(TemplateInput.of(messages, addGenerationPrompt));
  }

  /**
   * Renders a conversation.
   *
   * @throws TemplateException when the template refuses the conversation or exceeds its limits, or
   *     when a message that is to be continued is not in what it writes
   */
  public String render(TemplateInput conversation) {
    Map<String, @Nullable Object> variables = new HashMap<>();
    variables.put("datetime", DATE_TIME.format(clock.instant().atZone(ZoneOffset.UTC)));
    variables.putAll(conversation.given());
    variables.putAll(specialTokens);
    variables.put("messages", conversation.messages());
    variables.put("add_generation_prompt", conversation.ending() == Ending.GENERATION_PROMPT);
    variables.put("continue_final_message", conversation.ending() == Ending.OPEN_MESSAGE);
    variables.put("tools", conversation.tools());
    variables.put("documents", conversation.documents());
    String text = template.render(variables);
    if (conversation.ending() == Ending.OPEN_MESSAGE) {
      text = cut(text, conversation.messages().get(conversation.messages().size() - 1));
    }
    if (UnicodeText.loneSurrogate(text) >= 0) {
      throw TemplateException.error("the template writes half of a surrogate pair");
    }
    return text;
  }

  /** A prompt up to where its last message ends, with the blanks at its end if they are there. */
  private static String cut(String text, Map<String, @Nullable Object> last) {
    String content = last.get("content") instanceof String given ? given : "";
    String bare = content.strip();
    int at = text.lastIndexOf(bare);
    if (bare.isEmpty() || at < 0) {
      throw TemplateException.error(
          "the last message cannot be continued: the template writes it in another way");
    }
    String led = content.stripLeading();
    return text.substring(0, at + (text.startsWith(led, at) ? led : bare).length());
  }
}
