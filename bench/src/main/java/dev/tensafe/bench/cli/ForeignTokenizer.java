package dev.tensafe.bench.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.runtime.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The tokenizer of another model directory.
 *
 * @param files to be copied
 * @param tokens of the vocabulary
 * @param end id of the token that ends texts
 */
record ForeignTokenizer(List<Path> files, int tokens, int end) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /**
   * Reads what is needed.
   *
   * @throws ConfigException {@code bench.tokenizer} when it says not how texts end
   */
  static ForeignTokenizer read(Path directory) throws IOException {
    Path tokenizer = directory.resolve("tokenizer.json");
    Path settings = directory.resolve("tokenizer_config.json");
    JsonNode read = MAPPER.readTree(tokenizer.toFile());
    JsonNode eos = MAPPER.readTree(settings.toFile()).path("eos_token");
    String endText = eos.path("content").asText(eos.asText());
    List<Integer> ids = new ArrayList<>();
    read.at("/model/vocab").elements().forEachRemaining(id -> ids.add(id.intValue()));
    int end = -1;
    for (JsonNode added : read.path("added_tokens")) {
      ids.add(added.path("id").intValue());
      if (added.path("content").asText().equals(endText)) {
        end = added.path("id").intValue();
      }
    }
    if (end < 0) {
      throw new ConfigException("bench.tokenizer", "no token ends texts of " + directory);
    }
    int tokens = 1 + ids.stream().mapToInt(Integer::intValue).max().orElseThrow();
    return new ForeignTokenizer(List.of(tokenizer, settings), tokens, end);
  }

  /** The configuration of a model that speaks these tokens. */
  ObjectNode enter(ObjectNode config) {
    return config.put("vocab_size", tokens).put("bos_token_id", end).put("eos_token_id", end);
  }

  void copyTo(Path directory) throws IOException {
    for (Path file : files) {
      Files.copy(file, directory.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
