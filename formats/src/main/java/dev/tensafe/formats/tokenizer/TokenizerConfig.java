package dev.tensafe.formats.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.PythonJson;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code tokenizer_config.json}, with {@code special_tokens_map.json} laid over it where
 * Transformers does so: only if the first has no {@code added_tokens_decoder}
 * (tokenization_utils_base of version 5). What each setting comes to is a table in
 * docs/CONFIGURATION.md. Immutable.
 */
public final class TokenizerConfig {
  private static final String CONFIG = "tokenizer_config.json";
  private static final String MAP = "special_tokens_map.json";
  private static final List<String> NAMED =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");
  private static final List<String> LISTS =
      List.of("additional_special_tokens", "extra_special_tokens");

  private final ObjectNode settings;

  private TokenizerConfig(ObjectNode settings) {
    this.settings = settings;
  }

  /**
   * Reads the files of a model directory; either may be missing.
   *
   * @throws FormatException {@code tokenizer.invalid_json}; {@code tokenizer.unsupported} for a
   *     setting that would change tokens and is not built, naming it
   */
  public static TokenizerConfig read(Path directory) {
    ObjectNode settings = JsonNodeFactory.instance.objectNode();
    Path config = directory.resolve(CONFIG);
    if (Files.exists(config)) {
      PythonJson.readObject(config, "tokenizer")
          .properties()
          .forEach(e -> settings.set(e.getKey(), e.getValue()));
    }
    Path map = directory.resolve(MAP);
    if (!settings.has("added_tokens_decoder") && Files.exists(map)) {
      PythonJson.readObject(map, "tokenizer")
          .properties()
          .forEach(e -> settings.set(e.getKey(), e.getValue()));
    }
    for (String name : List.of("split_special_tokens", "fix_mistral_regex")) {
      if (settings.path(name).asBoolean(false)) {
        throw new FormatException(
            "tokenizer.unsupported",
            CONFIG + ": " + name + " would make other tokens, and is not supported");
      }
    }
    return new TokenizerConfig(settings);
  }

  /** A setting; a missing node if it is absent. */
  public JsonNode get(String name) {
    return settings.path(name);
  }

  /** The text of a special token, such as {@code bos_token}; null if there is none. */
  public @Nullable String token(String name) {
    return text(settings.path(name));
  }

  /**
   * Whether a setting of true or false is one of them; empty if it is absent. Null counts as false,
   * as Python takes it.
   */
  public Optional<Boolean> flag(String name) {
    JsonNode value = settings.path(name);
    return value.isMissingNode() ? Optional.empty() : Optional.of(value.asBoolean(false));
  }

  /** Texts of the special tokens that have names, by name, as templates can use them. */
  public Map<String, String> named() {
    Map<String, String> out = new LinkedHashMap<>();
    NAMED.forEach(name -> put(out, name, settings.path(name)));
    // a model's own, as image_token
    for (Map.Entry<String, JsonNode> entry : settings.properties()) {
      if (entry.getKey().endsWith("_token") && !entry.getKey().startsWith("add_")) {
        put(out, entry.getKey(), entry.getValue());
      }
    }
    for (Map.Entry<String, JsonNode> entry : settings.path("extra_special_tokens").properties()) {
      put(out, entry.getKey(), entry.getValue());
    }
    return out;
  }

  private static void put(Map<String, String> out, String name, JsonNode token) {
    String text = text(token);
    if (text != null) {
      out.putIfAbsent(name, text);
    }
  }

  /** Texts of all special tokens, with those that have no names. */
  public List<String> special() {
    List<String> out = new ArrayList<>(named().values());
    for (String list : LISTS) {
      for (JsonNode token : settings.path(list)) {
        String text = text(token);
        if (text != null) {
          out.add(text);
        }
      }
    }
    return out.stream().distinct().toList();
  }

  private static @Nullable String text(JsonNode token) {
    JsonNode text = token.isObject() ? token.path("content") : token;
    return text.isTextual() ? text.textValue() : null;
  }
}
