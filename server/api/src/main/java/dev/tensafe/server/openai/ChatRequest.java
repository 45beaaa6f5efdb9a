package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.model.template.TemplateInput;
import dev.tensafe.server.tools.ToolException;
import dev.tensafe.server.tools.ToolRequest;
import java.util.List;

/**
 * A parsed {@code POST /v1/chat/completions}.
 *
 * @param tools what may be called
 * @param reasoning whether the answer holds what the model thought by
 */
public record ChatRequest(
    InferenceRequest inference, TemplateInput prompt, ToolRequest tools, boolean reasoning) {
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
    boolean logprobs = fields.flag("logprobs");
    if (fields.has("top_logprobs") && !logprobs) {
      throw ApiException.invalid(
          "top_logprobs", "invalid_value", "'top_logprobs' needs 'logprobs': true");
    }
    int top = logprobs ? (int) fields.integer("top_logprobs", 0, 0, 20) : -1;
    InferenceRequest inference = parser.parse(null, 1, top);
    ToolRequest tools = tools(body).with("flexible".equals(fields.text("whitespace")));
    if (tools.mayCall() && inference.sampling().ignoreEos()) {
      throw ApiException.invalid(
          "ignore_eos", "invalid_value", "'ignore_eos' and 'tools' exclude each other");
    }
    boolean reasoning = fields.flag("include_reasoning", true);
    return new ChatRequest(inference, ChatPrompt.parse(fields), tools, reasoning);
  }

  /**
   * What a body says of tools.
   *
   * @throws ApiException 400 naming the field
   */
  static ToolRequest tools(JsonNode body) {
    try {
      return ToolRequest.parse(body);
    } catch (ToolException e) {
      throw ApiException.invalid(e.field(), e.code(), String.valueOf(e.getMessage()));
    }
  }
}
