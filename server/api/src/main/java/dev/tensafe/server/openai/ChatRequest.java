package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** A parsed {@code POST /v1/chat/completions}. */
public record ChatRequest(InferenceRequest inference, ChatPrompt prompt) {
  private static final List<String> UNSUPPORTED =
      List.of("echo", "audio", "web_search_options", "add_special_tokens");

  /**
   * Parses and checks a body.
   *
   * @throws ApiException 400 naming the field
   */
  public static ChatRequest parse(JsonNode body, int vocabSize) {
    RequestFields fields = new RequestFields(body);
    RequestParser parser = new RequestParser(fields, vocabSize);
    parser.refuseUnsupported(UNSUPPORTED);
    JsonNode choice = fields.get("tool_choice");
    if (choice != null && !choice.asText().equals("none") && !choice.asText().equals("auto")) {
      throw ApiException.invalid(
          "tool_choice", "unsupported_parameter", "'tool_choice' is not supported by this server");
    }
    boolean logprobs = fields.flag("logprobs");
    if (fields.has("top_logprobs") && !logprobs) {
      throw ApiException.invalid(
          "top_logprobs", "invalid_value", "'top_logprobs' needs 'logprobs': true");
    }
    int top = logprobs ? (int) fields.integer("top_logprobs", 0, 0, 20) : -1;
    InferenceRequest inference = parser.parse(null, 1, top);
    return new ChatRequest(inference, ChatPrompt.parse(fields));
  }
}
