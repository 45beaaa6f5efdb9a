package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Token counts of an answer; each prompt counts once, however many choices it has. */
public record Usage(int promptTokens, int completionTokens) {
  ObjectNode json() {
    return JsonBody.object()
        .put("prompt_tokens", promptTokens)
        .put("completion_tokens", completionTokens)
        .put("total_tokens", promptTokens + completionTokens);
  }
}
