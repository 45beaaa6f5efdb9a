package dev.tensafe.server;

import com.fasterxml.jackson.databind.JsonNode;

/** The text of a golden case as the continuation of its prompt. */
final class GoldenText {
  private GoldenText() {}

  /**
   * The reference decoded outputs by themselves, which drops the space that the first token of a
   * continuation brings.
   */
  static String of(TestServer server, JsonNode golden) {
    int[] first = {golden.path("greedy_ids").path(0).intValue()};
    boolean space =
        !golden.path("prompt").asText().isEmpty()
            && server.files.tokenizer().bytes(first[0])[0] == ' ';
    return (space ? " " : "") + golden.path("greedy_text").asText();
  }
}
