package dev.tensafe.server.http;

import dev.tensafe.model.template.ChatTemplate;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.ChatPrompt;
import dev.tensafe.server.openai.CompletionRequest.Prompt;

/** Turns requests into token ids. Slow for long texts: not for event loops. Thread-safe. */
final class PromptEncoder {
  private final ServedModel model;

  PromptEncoder(ServedModel model) {
    this.model = model;
  }

  /** Applies the chat template; its text already holds the special tokens. */
  int[] chat(ChatPrompt prompt) {
    ChatTemplate template = model.chatTemplate();
    if (template == null) {
      throw ApiException.invalid(
          "messages", "no_chat_template", "the model '" + model.name() + "' has no chat template");
    }
    String text =
        template.render(prompt.messages(), prompt.addGenerationPrompt(), prompt.variables());
    return notEmpty(model.tokenizer().encode(text, false), "messages");
  }

  int[] completion(Prompt prompt) {
    int[] tokens =
        prompt instanceof Prompt.OfText text
            ? model.tokenizer().encode(text.text(), true)
            : ((Prompt.OfTokens) prompt).tokens();
    return notEmpty(tokens, "prompt");
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
