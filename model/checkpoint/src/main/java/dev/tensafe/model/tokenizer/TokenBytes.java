package dev.tensafe.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.model.shape.ModelException;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The bytes of every token, one after the other in one array. Immutable. */
final class TokenBytes {
  /** More ids than any vocabulary has: a damaged file is not to cost gigabytes. */
  private static final int MOST_IDS = 1 << 24;

  private final byte[] bytes;
  // Per id the index of its first byte, and the end of the last one.
  private final int[] starts;
  // Ids may have gaps.
  private final boolean[] known;
  private final @Nullable TextStart start;

  private TokenBytes(byte[] bytes, int[] starts, boolean[] known, @Nullable TextStart start) {
    this.start = start;
    this.bytes = bytes;
    this.starts = starts;
    this.known = known;
  }

  /**
   * Decodes the vocabulary of a {@code tokenizer.json}.
   *
   * @throws ModelException {@code tokenizer.bytes_unsupported} as {@link TokenDecoder#read} says;
   *     {@code tokenizer.invalid} for an id that is negative or beyond 2²⁴
   */
  static TokenBytes of(JsonNode tokenizer) {
    TokenDecoder decoder = TokenDecoder.read(tokenizer.path("decoder"));
    NavigableMap<Integer, String> tokens = tokens(tokenizer);
    int size = tokens.isEmpty() ? 0 : tokens.lastKey() + 1;
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    int[] starts = new int[size + 1];
    boolean[] known = new boolean[size];
    for (int id = 0; id < size; id++) {
      String token = tokens.get(id);
      if (token != null) {
        known[id] = true;
        all.writeBytes(decoder.bytes(token));
      }
      starts[id + 1] = all.size();
    }
    return new TokenBytes(all.toByteArray(), starts, known, decoder.start());
  }

  private static NavigableMap<Integer, String> tokens(JsonNode tokenizer) {
    NavigableMap<Integer, String> tokens = new TreeMap<>();
    JsonNode vocab = tokenizer.path("model").path("vocab");
    if (vocab.isArray()) {
      // Unigram: pairs of token and score, the id is the index
      for (int id = 0; id < vocab.size(); id++) {
        tokens.put(id, vocab.path(id).path(0).asText());
      }
    } else {
      for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
        tokens.put(id(entry.getValue()), entry.getKey());
      }
    }
    for (JsonNode added : tokenizer.path("added_tokens")) {
      tokens.put(id(added.path("id")), added.path("content").asText());
    }
    return tokens;
  }

  private static int id(JsonNode value) {
    int id = value.asInt(-1);
    if (id < 0 || id >= MOST_IDS) {
      throw new ModelException(
          "tokenizer.invalid", "token id " + value.asText() + " is not in 0 … " + (MOST_IDS - 1));
    }
    return id;
  }

  /** As {@link TokenDecoder#start}. */
  @Nullable TextStart start() {
    return start;
  }

  boolean has(int id) {
    return id >= 0 && id < known.length && known[id];
  }

  /**
   * The bytes of one token.
   *
   * @throws ModelException {@code tokenizer.unknown_token}
   */
  byte[] get(int id) {
    if (!has(id)) {
      throw new ModelException(
          "tokenizer.unknown_token",
          "token " + id + " is not in the vocabulary, whose highest id is " + (known.length - 1));
    }
    return Arrays.copyOfRange(bytes, starts[id], starts[id + 1]);
  }
}
