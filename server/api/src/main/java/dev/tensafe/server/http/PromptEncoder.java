package dev.tensafe.server.http;

import dev.tensafe.model.template.ChatTemplate;
import dev.tensafe.model.template.TemplateInput;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.CompletionRequest.Prompt;
import dev.tensafe.server.openai.DescribedTools;
import dev.tensafe.server.tools.Thinking;
import dev.tensafe.server.tools.ToolRequest;

/** Turns requests into token ids. Slow for long texts: not for event loops. Thread-safe. */
final class PromptEncoder {
  /** Characters of a text that are encoded at a time while it may be too long. */
  private static final int PIECE = 4096;

  /** A text is called too long without having been encoded whole from this many contexts on. */
  private static final long MARGIN = 4;

  private final ServedModel model;

  PromptEncoder(ServedModel model) {
    this.model = model;
  }

  /**
   * A conversation in tokens.
   *
   * @param thinking whether what comes next is thoughts
   */
  record Chat(int[] tokens, Thinking thinking) {}

  /** Applies the chat template; its text already holds the special tokens. */
  Chat chat(TemplateInput prompt, ToolRequest tools) {
    ChatTemplate template = model.chatTemplate();
    if (template == null) {
      throw ApiException.invalid(
          "messages", "no_chat_template", "the model '" + model.name() + "' has no chat template");
    }
    boolean described = model.toolFormat().isDescribedInPrompt();
    String text = template.render(described ? DescribedTools.describe(prompt, tools) : prompt);
    int[] tokens = notEmpty(text(text, false, "messages"), "messages");
    return new Chat(tokens, Thinking.of(template.source(), text));
  }

  int[] completion(Prompt prompt) {
    int[] tokens =
        prompt instanceof Prompt.OfText text
            ? text(text.text(), true, "prompt")
            : ((Prompt.OfTokens) prompt).tokens();
    return notEmpty(tokens, "prompt");
  }

  /**
   * The tokens of a text. One that cannot fit the context costs no more than one that can.
   *
   * @throws ApiException 400 {@code context_length_exceeded}
   */
  int[] text(String text, boolean addSpecialTokens, String param) {
    int limit = model.engine().maxSequenceLength();
    // a char is at least one byte of UTF-8
    if (text.length() > model.tokenizer().mostBytes(limit) || hasMany(text, MARGIN * limit)) {
      throw tooLong(param, "the text, of " + text.length() + " characters, is longer");
    }
    return model.tokenizer().encode(text, addSpecialTokens);
  }

  /**
   * Whether a long text has more tokens than so many: counted in pieces, as far as needed. A word
   * that is cut counts for a few tokens more than it has.
   */
  private boolean hasMany(String text, long tokens) {
    if (text.length() <= Math.max(tokens, PIECE)) {
      return false;
    }
    long counted = 0;
    for (int from = 0; from < text.length() && counted <= tokens; ) {
      int to = Math.min(text.length(), from + PIECE);
      if (to < text.length() && Character.isHighSurrogate(text.charAt(to - 1))) {
        to--;
      }
      counted += model.tokenizer().encode(text.substring(from, to), false).length;
      from = to;
    }
    return counted > tokens;
  }

  /** What is said of input that cannot fit the context. */
  ApiException tooLong(String param, String what) {
    return ApiException.invalid(
        param,
        "context_length_exceeded",
        "the context holds " + model.engine().maxSequenceLength() + " tokens; " + what);
  }

  private int[] notEmpty(int[] tokens, String param) {
    if (tokens.length == 0) {
      throw ApiException.invalid(param, "invalid_value", "'" + param + "' holds no token");
    }
    for (int token : tokens) {
      if (token >= model.vocabSize()) {
        throw ApiException.invalid(
            param, "invalid_value", "'" + param + "' holds a token the model has no embedding for");
      }
    }
    return tokens;
  }
}
