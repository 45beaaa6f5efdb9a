package dev.tensafe.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.tokenizer.TokenizerConfig;
import dev.tensafe.formats.tokenizer.Vocabulary;
import dev.tensafe.model.shape.ModelException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@code tokenizer_config.json} changes of a {@code tokenizer.json}, as the tokenizers backend
 * of Transformers 5 does it: flags of added tokens, special tokens that were none, the tokens
 * before and after a text, the space before a text.
 */
final class TokenizerSettings {
  private static final Logger LOG = LoggerFactory.getLogger(TokenizerSettings.class);
  private static final List<String> FLAGS =
      List.of("single_word", "lstrip", "rstrip", "normalized", "special");

  private final ObjectNode tokenizer;
  private final TokenizerConfig config;
  private final Map<String, ObjectNode> added = new HashMap<>();
  private boolean changed;

  private TokenizerSettings(ObjectNode tokenizer, TokenizerConfig config) {
    this.tokenizer = tokenizer;
    this.config = config;
    for (JsonNode token : tokenizer.path("added_tokens")) {
      if (token instanceof ObjectNode object) {
        added.put(object.path("content").asText(), object);
      }
    }
  }

  /**
   * Applies settings to a tokenizer, in place.
   *
   * @return whether any changed it
   * @throws ModelException {@code tokenizer.unsupported} for a setting that cannot be applied
   */
  static boolean apply(ObjectNode tokenizer, TokenizerConfig config) {
    TokenizerSettings settings = new TokenizerSettings(tokenizer, config);
    for (Map.Entry<String, JsonNode> entry : config.get("added_tokens_decoder").properties()) {
      settings.add(entry.getKey(), entry.getValue());
    }
    config.special().forEach(settings::markSpecial);
    settings.prefixSpace();
    settings.aroundTexts();
    return settings.changed;
  }

  /** A token of {@code added_tokens_decoder}: its flags go before those of the tokenizer. */
  private void add(String id, JsonNode token) {
    String text = token.path("content").asText();
    ObjectNode own = added.get(text);
    if (own == null) {
      own = create(text, id);
      if (own == null) {
        return;
      }
    }
    for (String flag : FLAGS) {
      // AddedToken's default: normalized unless special
      boolean otherwise = flag.equals("normalized") && !token.path("special").asBoolean();
      boolean value = token.path(flag).asBoolean(otherwise);
      if (own.path(flag).asBoolean() != value) {
        own.put(flag, value);
        changed = true;
      }
    }
  }

  private void markSpecial(String text) {
    ObjectNode own = added.get(text);
    if (own == null) {
      own = create(text, null);
      if (own == null) {
        return;
      }
    }
    if (!own.path("special").asBoolean()) {
      own.put("special", true);
      changed = true;
    }
  }

  /** A new added token for a text that has an id; null, with a warning, if it has none. */
  private @Nullable ObjectNode create(String text, @Nullable String stated) {
    Integer id = idInVocabulary(text);
    if (id == null && stated != null && stated.equals(Integer.toString(nextId()))) {
      id = nextId();
    }
    if (id == null) {
      LOG.warn("tokenizer_config.json names a special token that has no id; it is left out");
      return null;
    }
    ObjectNode token = tokenizer.withArray("added_tokens").addObject();
    token.put("id", id).put("content", text);
    for (String flag : FLAGS) {
      token.put(flag, false);
    }
    added.put(text, token);
    changed = true;
    return token;
  }

  private int nextId() {
    int next = tokenizer.path("model").path("vocab").size();
    for (ObjectNode token : added.values()) {
      next = Math.max(next, token.path("id").asInt() + 1);
    }
    return next;
  }

  private @Nullable Integer idInVocabulary(String text) {
    JsonNode id = Vocabulary.idOf(tokenizer, text);
    return id == null ? null : Integer.valueOf(id.asInt());
  }

  private void prefixSpace() {
    JsonNode value = config.get("add_prefix_space");
    if (!value.isBoolean()) {
      return;
    }
    boolean wanted = value.booleanValue();
    JsonNode before = tokenizer.path("pre_tokenizer");
    if (before.path("type").asText().equals("ByteLevel") && before instanceof ObjectNode level) {
      if (level.path("add_prefix_space").asBoolean(true) != wanted) {
        level.put("add_prefix_space", wanted);
        changed = true;
      }
      return;
    }
    Optional<Boolean> prepends = prepends(tokenizer.path("normalizer"), before);
    if (prepends.isPresent() && prepends.get() != wanted) {
      throw new ModelException(
          "tokenizer.unsupported",
          "tokenizer_config.json: add_prefix_space is "
              + wanted
              + ", and tokenizer.json does the opposite");
    }
  }

  /** Whether a SentencePiece tokenizer puts a space before a text; empty if it is none. */
  private static Optional<Boolean> prepends(JsonNode normalizer, JsonNode preTokenizer) {
    if (preTokenizer.path("type").asText().equals("Metaspace")) {
      boolean older = preTokenizer.path("add_prefix_space").asBoolean(true);
      String scheme = preTokenizer.path("prepend_scheme").asText(older ? "always" : "never");
      return Optional.of(!scheme.equals("never"));
    }
    List<JsonNode> steps = new ArrayList<>();
    steps.add(normalizer);
    normalizer.path("normalizers").forEach(steps::add);
    for (JsonNode step : steps) {
      if (step.path("type").asText().equals("Prepend")) {
        return Optional.of(true);
      }
    }
    return Optional.empty();
  }

  /**
   * {@code add_bos_token} and {@code add_eos_token}, of which either replaces the tokenizer's own.
   */
  private void aroundTexts() {
    Optional<Boolean> bos = config.flag("add_bos_token");
    Optional<Boolean> eos = config.flag("add_eos_token");
    if (bos.isEmpty() && eos.isEmpty()) {
      return;
    }
    ObjectNode processor = tokenizer.objectNode();
    processor.put("type", "TemplateProcessing");
    ArrayNode single = processor.putArray("single");
    ArrayNode pair = processor.putArray("pair");
    ObjectNode tokens = processor.putObject("special_tokens");
    String first = bos.orElse(false) ? special("bos_token", tokens) : null;
    String last = eos.orElse(false) ? special("eos_token", tokens) : null;
    piece(single, first, "A", last, 0);
    piece(pair, first, "A", last, 0);
    piece(pair, first, "B", last, 1);
    if (!processor.equals(tokenizer.path("post_processor"))) {
      tokenizer.set("post_processor", processor);
      changed = true;
    }
  }

  private static void piece(
      ArrayNode out, @Nullable String first, String sequence, @Nullable String last, int type) {
    if (first != null) {
      out.addObject().putObject("SpecialToken").put("id", first).put("type_id", type);
    }
    out.addObject().putObject("Sequence").put("id", sequence).put("type_id", type);
    if (last != null) {
      out.addObject().putObject("SpecialToken").put("id", last).put("type_id", type);
    }
  }

  private @Nullable String special(String name, ObjectNode tokens) {
    String text = config.token(name);
    if (text == null) {
      return null;
    }
    ObjectNode token = added.get(text);
    Integer id = token == null ? idInVocabulary(text) : Integer.valueOf(token.path("id").asInt());
    if (id == null) {
      throw new ModelException(
          "tokenizer.unsupported",
          "tokenizer_config.json: the " + name + " is to be added to texts, and has no id");
    }
    ObjectNode entry = tokens.putObject(text);
    entry.put("id", text).putArray("ids").add(id);
    entry.putArray("tokens").add(text);
    return text;
  }
}
