package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Token counts of an answer; each prompt counts once, however many choices it has.
 *
 * @param cachedTokens of the prompts, what was cached before and not computed for this answer
 */
public record Usage(int promptTokens, int completionTokens, int cachedTokens) {
  ObjectNode json() {
    ObjectNode out =
        JsonBody.object()
            .put("prompt_tokens", promptTokens)
            .put("completion_tokens", completionTokens)
            .put("total_tokens", promptTokens + completionTokens);
    out.putObject("prompt_tokens_details").put("cached_tokens", cachedTokens);
    return out;
  }
}
