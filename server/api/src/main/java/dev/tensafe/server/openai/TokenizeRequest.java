package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.model.template.TemplateInput;
import dev.tensafe.server.tools.ToolRequest;

/** A parsed {@code POST /tokenize}: a conversation or a text, with vLLM's fields. */
public sealed interface TokenizeRequest {
  /** Messages for the chat template, and the tools that it may have to be told of. */
  record Messages(TemplateInput prompt, ToolRequest tools) implements TokenizeRequest {}

  /** A text for the tokenizer. */
  record Text(String prompt, boolean addSpecialTokens) implements TokenizeRequest {
    /** The prompt is secret. */
    @Override
    public String toString() {
      return "Text";
    }
  }

  /**
   * Parses and checks a body.
   *
   * @throws ApiException 400 naming the field
   */
  static TokenizeRequest parse(JsonNode body) {
    RequestFields fields = new RequestFields(body);
    if (fields.has("messages")) {
      return new Messages(ChatPrompt.parse(fields), ChatRequest.tools(body));
    }
    JsonNode prompt = fields.get("prompt");
    if (prompt == null || !prompt.isTextual()) {
      throw ApiException.invalid(
          "prompt", "missing_required_parameter", "'prompt' (a string) or 'messages' is required");
    }
    return new Text(prompt.textValue(), fields.flag("add_special_tokens", true));
  }
}
