package dev.tensafe.model.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * How many bytes of a text one token stands for at most: those of the longest token, if nothing on
 * the way from text to tokens drops or joins text, times what the normalizer shrinks text by.
 */
final class TokenReach {
  /**
   * A composed character is at most four code points decomposed (Unicode's FAQ on normalization,
   * "maximum expansion factors": NFD in UTF-32), of at most four bytes each.
   */
  private static final long COMPOSITION = 16;

  private static final Set<String> KEEPING = Set.of("ByteLevel", "Metaspace", "Digits");
  private static final Set<String> SPLITTING = Set.of("Split", "Punctuation");

  private final JsonNode tokenizer;
  private final JsonNode model;

  private TokenReach(JsonNode tokenizer) {
    this.tokenizer = tokenizer;
    this.model = tokenizer.path("model");
  }

  /** Empty where nothing of the kind can be said. */
  static OptionalLong of(JsonNode tokenizer) {
    TokenReach reach = new TokenReach(tokenizer);
    long shrinks = shrinking(tokenizer.path("normalizer"));
    boolean kept = shrinks > 0 && keeps(tokenizer.path("pre_tokenizer")) && reach.spells();
    return kept ? OptionalLong.of(shrinks * reach.longest()) : OptionalLong.empty();
  }

  /** How many bytes become one at most; 0 where that has no bound that is known. */
  private static long shrinking(JsonNode normalizer) {
    return switch (type(normalizer)) {
      case "none", "ByteLevel", "Prepend" -> 1;
      case "NFC" -> COMPOSITION;
      case "Replace" -> replacing(normalizer);
      case "Sequence" -> {
        long all = 1;
        for (JsonNode part : normalizer.path("normalizers")) {
          all *= shrinking(part);
        }
        yield all;
      }
      default -> 0;
    };
  }

  private static long replacing(JsonNode replace) {
    JsonNode pattern = replace.path("pattern").path("String");
    long from = bytes(pattern.asText());
    long to = bytes(replace.path("content").asText());
    return !pattern.isTextual() || to == 0 ? 0 : Math.max(1, (from + to - 1) / to);
  }

  private static boolean keeps(JsonNode splitter) {
    String type = type(splitter);
    if (type.equals("Sequence")) {
      for (JsonNode part : splitter.path("pretokenizers")) {
        if (!keeps(part)) {
          return false;
        }
      }
      return true;
    }
    boolean splits =
        SPLITTING.contains(type) && !splitter.path("behavior").asText().equals("Removed");
    return type.equals("none") || KEEPING.contains(type) || splits;
  }

  /** Whether tokens spell their text byte by byte, and no text is unknown. */
  private boolean spells() {
    boolean plain =
        type(model).equals("BPE")
            && model.path("continuing_subword_prefix").asText("").isEmpty()
            && model.path("end_of_word_suffix").asText("").isEmpty();
    for (JsonNode added : tokenizer.path("added_tokens")) {
      // such a token takes any number of spaces with it
      plain &= !added.path("lstrip").asBoolean() && !added.path("rstrip").asBoolean();
    }
    return plain && (byteLevel() || model.path("byte_fallback").asBoolean()) && knowsAllBytes();
  }

  private boolean knowsAllBytes() {
    JsonNode vocab = model.path("vocab");
    boolean letters = byteLevel();
    for (int value = 0; value < 256; value++) {
      String name = letters ? ByteAlphabet.of(value) : String.format("<0x%02X>", value);
      if (!vocab.has(name)) {
        return false;
      }
    }
    return true;
  }

  private boolean byteLevel() {
    return contains(tokenizer.path("normalizer"), "normalizers")
        || contains(tokenizer.path("pre_tokenizer"), "pretokenizers");
  }

  private static boolean contains(JsonNode stage, String parts) {
    Iterable<JsonNode> all =
        type(stage).equals("Sequence") ? stage.path(parts) : List.<JsonNode>of(stage);
    for (JsonNode part : all) {
      if (type(part).equals("ByteLevel")) {
        return true;
      }
    }
    return false;
  }

  private long longest() {
    long longest = 1;
    boolean letters = byteLevel();
    for (var entry : model.path("vocab").properties()) {
      String token = entry.getKey();
      longest = Math.max(longest, letters ? token.length() : bytes(token));
    }
    for (JsonNode added : tokenizer.path("added_tokens")) {
      longest = Math.max(longest, bytes(added.path("content").asText()));
    }
    return longest;
  }

  private static long bytes(String text) {
    return text.getBytes(UTF_8).length;
  }

  private static String type(JsonNode stage) {
    return stage.path("type").asText("none");
  }
}
