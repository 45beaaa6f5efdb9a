package dev.tensafe.formats.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import org.jspecify.annotations.Nullable;

/** The ids of texts in a {@code tokenizer.json}. */
public final class Vocabulary {
  private Vocabulary() {}

  /**
   * The id that the model of a tokenizer gives a text, as the file has it; null if it has none.
   *
   * @param tokenizer the file's contents
   */
  public static @Nullable JsonNode idOf(JsonNode tokenizer, String text) {
    JsonNode vocab = tokenizer.path("model").path("vocab");
    if (vocab.isObject()) {
      return vocab.get(text);
    }
    // Unigram: pairs of token and score, the id is the index
    for (int id = 0; id < vocab.size(); id++) {
      if (vocab.path(id).path(0).asText().equals(text)) {
        return IntNode.valueOf(id);
      }
    }
    return null;
  }
}
