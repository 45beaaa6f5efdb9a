package dev.tensafe.bench.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.bench.BenchException;
import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.schema.JsonSchemaReader;
import dev.tensafe.grammar.schema.SchemaOptions;
import dev.tensafe.grammar.text.TextGrammars;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * One grammar and texts of it, from a line of JSON: {@code {"schema": …, "tests": [{"valid": true,
 * "data": …}]}}, or {@code {"grammar": "…", "texts": ["…"]}} with GBNF or Lark, or {@code regex} in
 * its place.
 *
 * @param texts that are of it, in UTF-8
 */
record GrammarSample(JsonNode line, List<byte[]> texts) {
  /** Reads a file of lines; compressed when its name ends with gz. */
  static List<GrammarSample> read(Path file) {
    ObjectMapper mapper = new ObjectMapper();
    List<GrammarSample> all = new ArrayList<>();
    try (InputStream plain = Files.newInputStream(file);
        InputStream in = file.toString().endsWith("gz") ? new GZIPInputStream(plain) : plain;
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        JsonNode node = mapper.readTree(line);
        List<byte[]> texts = new ArrayList<>();
        for (JsonNode test : node.path("tests")) {
          if (test.path("valid").asBoolean()) {
            texts.add(mapper.writeValueAsBytes(test.path("data")));
          }
        }
        node.path("texts")
            .forEach(text -> texts.add(text.asText().getBytes(StandardCharsets.UTF_8)));
        all.add(new GrammarSample(node, texts));
      }
    } catch (IOException e) {
      throw new BenchException(
          "bench.samples_unreadable", file + " cannot be read: " + e.getMessage(), e);
    }
    return all;
  }

  /**
   * Reads the grammar.
   *
   * @throws GrammarException when it cannot be enforced
   */
  Grammar grammar() {
    if (line.has("schema")) {
      return JsonSchemaReader.grammar(line.path("schema"), SchemaOptions.DEFAULT);
    }
    Grammar.Builder builder = TextGrammars.builder();
    return builder.build(
        line.has("regex")
            ? TextGrammars.regex(builder, line.path("regex").asText())
            : TextGrammars.either(builder, line.path("grammar").asText()));
  }
}
