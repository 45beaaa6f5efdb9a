package dev.tensafe.model.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import dev.tensafe.formats.PythonJson;
import dev.tensafe.formats.tokenizer.TokenizerConfig;
import dev.tensafe.formats.tokenizer.Vocabulary;
import dev.tensafe.model.shape.ModelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ids that end a generation: those of {@code config.json}, of {@code generation_config.json},
 * and of {@code tokenizer_config.json}'s {@code eos_token} (what {@code special_tokens_map.json}
 * lays over it too), all together. The files contradict each other in published models, and a
 * missed end token costs an answer that never ends. Ids that are no row of the vocabulary are
 * dropped with a warning that names their file: they are used as indices.
 */
final class EndTokens {
  private static final Logger LOG = LoggerFactory.getLogger(EndTokens.class);
  private static final String IDS = "eos_token_id";
  private static final String TOKENIZER = "tokenizer_config.json";

  private final int vocabSize;
  private final Consumer<String> warnings;
  private final Set<Integer> ids = new TreeSet<>();

  private EndTokens(int vocabSize, Consumer<String> warnings) {
    this.vocabSize = vocabSize;
    this.warnings = warnings;
  }

  /**
   * @param config the contents of {@code config.json}
   * @throws ModelException {@code model.config} for what is no token id, naming the file
   */
  static Set<Integer> read(Path directory, JsonNode config, int vocabSize) {
    return read(directory, config, vocabSize, LOG::warn);
  }

  static Set<Integer> read(
      Path directory, JsonNode config, int vocabSize, Consumer<String> warnings) {
    EndTokens tokens = new EndTokens(vocabSize, warnings);
    tokens.addAll("config.json", config.path(IDS));
    Path generation = directory.resolve("generation_config.json");
    if (Files.exists(generation)) {
      tokens.addAll("generation_config.json", PythonJson.readObject(generation, "model").path(IDS));
    }
    tokens.addText(directory);
    return tokens.ids;
  }

  private void addAll(String file, JsonNode eos) {
    for (JsonNode id : eos.isArray() ? eos : List.of(eos)) {
      if (id.isIntegralNumber()) {
        add(file, id);
      } else if (!id.isMissingNode() && !id.isNull()) {
        throw new ModelException(
            "model.config",
            file + ": eos_token_id is " + eos + "; one token id or a list of them is needed");
      }
    }
  }

  private void add(String file, JsonNode id) {
    if (id.canConvertToInt() && id.intValue() >= 0 && id.intValue() < vocabSize) {
      ids.add(id.intValue());
    } else {
      warnings.accept(
          file
              + ": the end token "
              + id
              + " is not in the vocabulary of "
              + vocabSize
              + " tokens; it is left out");
    }
  }

  private void addText(Path directory) {
    Path file = directory.resolve(TOKENIZER);
    if (!Files.exists(file)) {
      return;
    }
    JsonNode tokenizer = PythonJson.readObject(file, "tokenizer");
    JsonNode token = tokenizer.path("eos_token");
    token = token.isObject() ? token.path("content") : token;
    if (token.isTextual()) {
      addText(token.textValue(), directory, tokenizer);
    }
    String laidOver = TokenizerConfig.read(directory).token("eos_token");
    if (laidOver != null && !laidOver.equals(token.textValue())) {
      addText(laidOver, directory, tokenizer);
    }
  }

  private void addText(String text, Path directory, JsonNode tokenizer) {
    JsonNode id = idOf(text, directory.resolve("tokenizer.json"), tokenizer);
    if (id == null) {
      warnings.accept(TOKENIZER + ": the eos_token is no token of the vocabulary; it is left out");
    } else {
      add(TOKENIZER, id);
    }
  }

  /** The tokenizer's own id of a text comes first: it is the id that the text is encoded to. */
  private static @Nullable JsonNode idOf(String text, Path file, JsonNode tokenizer) {
    if (Files.exists(file)) {
      JsonNode own = PythonJson.readObject(file, "tokenizer");
      for (JsonNode added : own.path("added_tokens")) {
        if (added.path("content").asText().equals(text)) {
          return added.path("id");
        }
      }
      JsonNode id = Vocabulary.idOf(own, text);
      if (id != null) {
        return id;
      }
    }
    for (var added : tokenizer.path("added_tokens_decoder").properties()) {
      if (added.getValue().path("content").asText().equals(text)
          && added.getKey().matches("[0-9]{1,9}")) {
        return IntNode.valueOf(Integer.parseInt(added.getKey()));
      }
    }
    return null;
  }
}
