package dev.tensafe.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.Json;
import dev.tensafe.formats.Quoted;
import dev.tensafe.model.shape.ModelException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Whether two models mean the same by the same tokens: one can guess what the other writes. What
 * cuts texts into tokens counts; what is put around a text, and how tokens become text again, is
 * the business of the one that answers.
 */
public final class TokenizerMatch {
  private static final List<String> COMPARED =
      List.of("model", "added_tokens", "normalizer", "pre_tokenizer");

  private TokenizerMatch() {}

  /**
   * Compares the {@code tokenizer.json} of two model directories.
   *
   * @throws ModelException {@code draft.tokenizer_mismatch}, which names the first difference
   * @throws dev.tensafe.formats.FormatException {@code tokenizer.missing}, {@code
   *     tokenizer.invalid_json}
   */
  public static void require(Path model, Path draft) {
    JsonNode own = Json.readObject(model.resolve("tokenizer.json"), "tokenizer");
    JsonNode other = Json.readObject(draft.resolve("tokenizer.json"), "tokenizer");
    for (String part : COMPARED) {
      difference(part, own.path(part), other.path(part)).ifPresent(TokenizerMatch::refuse);
    }
  }

  /**
   * Compares the numbers of rows that two models have for tokens.
   *
   * @throws ModelException {@code draft.tokenizer_mismatch}
   */
  public static void requireVocabulary(int model, int draft) {
    if (model != draft) {
      refuse("config.json: vocab_size is " + model + ", and " + draft + " of the draft model");
    }
  }

  private static void refuse(String difference) {
    throw new ModelException(
        "draft.tokenizer_mismatch",
        "a draft model needs the model's own tokenizer; the first difference: " + difference);
  }

  private static Optional<String> difference(String where, JsonNode own, JsonNode other) {
    if (nothing(own) && nothing(other)) {
      return Optional.empty();
    }
    if (own.isObject() && other.isObject()) {
      return ofFields(where, own, other);
    }
    if (merge(own).isPresent() && merge(other).isPresent()) {
      return merge(own).equals(merge(other)) ? Optional.empty() : values(where, own, other);
    }
    if (own.isArray() && other.isArray()) {
      for (int i = 0; i < Math.min(own.size(), other.size()); i++) {
        Optional<String> found = difference(where + "[" + i + "]", own.get(i), other.get(i));
        if (found.isPresent()) {
          return found;
        }
      }
      return own.size() == other.size()
          ? Optional.empty()
          : Optional.of(where + " has " + own.size() + " entries, and " + other.size());
    }
    return own.equals(other) ? Optional.empty() : values(where, own, other);
  }

  private static Optional<String> ofFields(String where, JsonNode own, JsonNode other) {
    Map<String, JsonNode> names = new TreeMap<>();
    own.properties().forEach(e -> names.put(e.getKey(), e.getValue()));
    other.properties().forEach(e -> names.put(e.getKey(), e.getValue()));
    for (String name : names.keySet()) {
      String place = where + "." + Quoted.bare(name);
      Optional<String> found = difference(place, own.path(name), other.path(name));
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private static boolean nothing(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  /** A merge, which is written as "a b" or as two texts. */
  private static Optional<String> merge(JsonNode node) {
    if (node.isTextual()) {
      return Optional.of(node.textValue());
    }
    boolean pair = node.size() == 2 && node.path(0).isTextual() && node.path(1).isTextual();
    return pair
        ? Optional.of(node.get(0).textValue() + " " + node.get(1).textValue())
        : Optional.empty();
  }

  private static Optional<String> values(String where, JsonNode own, JsonNode other) {
    return Optional.of(where + " is " + shown(own) + ", and " + shown(other));
  }

  private static String shown(JsonNode node) {
    return nothing(node) ? "missing" : Quoted.of(node.isTextual() ? node.textValue() : node + "");
  }
}
