package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.JsonNode;

/** A parsed {@code POST /detokenize}: token ids, with vLLM's field. */
public record DetokenizeRequest(int[] tokens) {
  /**
   * Parses and checks a body.
   *
   * @throws ApiException 400 naming the field
   */
  public static DetokenizeRequest parse(JsonNode body, int vocabSize) {
    JsonNode list = new RequestFields(body).get("tokens");
    if (list == null || !list.isArray()) {
      throw ApiException.invalid(
          "tokens", "missing_required_parameter", "'tokens' (a list of token ids) is required");
    }
    int[] tokens = new int[list.size()];
    for (int i = 0; i < tokens.length; i++) {
      JsonNode id = list.get(i);
      if (!id.isIntegralNumber()
          || !id.canConvertToInt()
          || id.intValue() < 0
          || id.intValue() >= vocabSize) {
        throw ApiException.invalid(
            "tokens", "invalid_value", "'tokens' must hold ids from 0 to " + (vocabSize - 1));
      }
      tokens[i] = id.intValue();
    }
    return new DetokenizeRequest(tokens);
  }

  /** The tokens are secret. */
  @Override
  public String toString() {
    return "DetokenizeRequest[" + tokens.length + " tokens]";
  }
}
