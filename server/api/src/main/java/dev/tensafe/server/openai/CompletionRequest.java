package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * A parsed {@code POST /v1/completions}.
 *
 * @param prompts texts or token ids, one per prompt
 * @param echo whether answers begin with their prompt
 */
public record CompletionRequest(InferenceRequest inference, List<Prompt> prompts, boolean echo) {
  private static final int DEFAULT_MAX_TOKENS = 16;
  private static final int MAX_OUTPUTS = 256;
  private static final int MAX_LOGPROBS = 5;

  /** Fields that mean something on chat. */
  private static final List<String> CHAT_ONLY =
      List.of(
          "tools",
          "tool_choice",
          "parallel_tool_calls",
          "functions",
          "function_call",
          "continue_final_message");

  public CompletionRequest {
    prompts = List.copyOf(prompts);
  }

  /** Shape only: prompts are secret. */
  @Override
  public String toString() {
    return "CompletionRequest[" + prompts.size() + " prompts]";
  }

  /** A prompt as it came. */
  public sealed interface Prompt {
    /** Text, to be encoded with the tokenizer's own special tokens. */
    record OfText(String text) implements Prompt {
      @Override
      public String toString() {
        return "OfText";
      }
    }

    /** Token ids, taken as they are. */
    record OfTokens(int[] tokens) implements Prompt {}
  }

  /**
   * Parses and checks a body.
   *
   * @throws ApiException 400 naming the field
   */
  public static CompletionRequest parse(JsonNode body, int vocabSize) {
    RequestFields fields = new RequestFields(body);
    RequestParser parser = new RequestParser(fields, vocabSize);
    parser.refuseUnsupported(CHAT_ONLY);
    if (!fields.flag("add_special_tokens", true)) {
      throw ApiException.invalid(
          "add_special_tokens",
          "unsupported_parameter",
          "'add_special_tokens': false is not supported by this server; send token ids");
    }
    if (fields.has("suffix") && !String.valueOf(fields.text("suffix")).isEmpty()) {
      fields.refuse("suffix", "is not supported by this server");
    }
    boolean echo = fields.flag("echo");
    int top = fields.has("logprobs") ? (int) fields.integer("logprobs", 0, 0, MAX_LOGPROBS) : -1;
    InferenceRequest inference = parser.parse(DEFAULT_MAX_TOKENS, echo ? 0 : 1, top);
    long bestOf = fields.integer("best_of", inference.choices(), 1, 128);
    if (bestOf != inference.choices()) {
      throw ApiException.invalid(
          "best_of", "unsupported_parameter", "'best_of' other than 'n' is not supported");
    }
    List<Prompt> prompts = prompts(fields, vocabSize, MAX_OUTPUTS / inference.choices());
    return new CompletionRequest(inference, prompts, echo);
  }

  private static List<Prompt> prompts(RequestFields fields, int vocabSize, int most) {
    JsonNode node = fields.get("prompt");
    if (node == null) {
      throw ApiException.invalid("prompt", "missing_required_parameter", "'prompt' is required");
    }
    List<Prompt> out = new ArrayList<>();
    if (node.isTextual()) {
      out.add(new Prompt.OfText(node.textValue()));
    } else if (node.isArray() && !node.isEmpty() && node.get(0).isNumber()) {
      out.add(new Prompt.OfTokens(RequestFields.tokens(node, "prompt", vocabSize)));
    } else if (node.isArray() && !node.isEmpty()) {
      if (node.size() > most) {
        throw ApiException.invalid(
            "n", "invalid_value", "prompts times 'n' may be at most " + MAX_OUTPUTS);
      }
      for (JsonNode item : node) {
        if (item.isTextual()) {
          out.add(new Prompt.OfText(item.textValue()));
        } else if (item.isArray() && !item.isEmpty()) {
          out.add(new Prompt.OfTokens(RequestFields.tokens(item, "prompt", vocabSize)));
        } else {
          throw wrongPrompt();
        }
      }
    } else {
      throw wrongPrompt();
    }
    return out;
  }

  private static ApiException wrongPrompt() {
    return RequestFields.wrongType(
        "prompt", "a string, a list of strings, or (lists of) token ids");
  }
}
