package dev.tensafe.grammar.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.CompiledGrammar;
import dev.tensafe.testkit.Shared;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The official suite and a sample of real schemas: no invalid value is accepted, and what else is
 * counted gets no worse than the table in {@code ratchet.json}. The numbers stand in
 * docs/GRAMMAR-SCHEMAS.md.
 */
class JsonSchemaCorpusTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** What came of some schemas. */
  private static final class Count {
    int schemas;
    int valid;
    int invalid;
    int reordered;
    int validRejected;
    int invalidAccepted;
    final Set<String> rejecting = new HashSet<>();
    final List<String> accepted = new ArrayList<>();
    final List<String> rejected = new ArrayList<>();
    final Map<String, Integer> refusals = new TreeMap<>();

    /** Tries one schema; refused ones are counted by their reason. */
    void schema(String name, JsonNode schema, JsonNode tests) {
      schemas++;
      CompiledGrammar grammar;
      try {
        grammar = Feeding.compile(JsonSchemaReader.grammar(schema, SchemaOptions.DEFAULT));
      } catch (GrammarException e) {
        if (!e.description().contains("no value is valid")) {
          refusals.merge(reason(e), 1, Integer::sum);
          return;
        }
        grammar = null; // no value is valid
      }
      for (JsonNode test : tests) {
        one(name, grammar, schema, test);
      }
    }

    private void one(
        String name, @Nullable CompiledGrammar grammar, JsonNode schema, JsonNode test) {
      JsonNode value = Feeding.normal(test.get("data"));
      JsonNode found = grammar == null ? null : Feeding.ordered(grammar, value, schema);
      if (test.get("valid").asBoolean()) {
        valid++;
        if (found == null) {
          validRejected++;
          rejecting.add(name);
          rejected.add(name + ": " + value);
        } else if (!found.toString().equals(value.toString())) {
          reordered++;
        }
      } else {
        invalid++;
        if (found != null) {
          invalidAccepted++;
          accepted.add(name + ": " + value);
        }
      }
    }

    private static String reason(GrammarException e) {
      String message = e.description().replaceAll("the schema( at [^:]*)?: ", "");
      return e.code() + ": " + message.replaceAll("[0-9]+", "N").replaceAll(" leads out.*", "…");
    }

    void print(String what) {
      System.out.println(
          what
              + ": "
              + schemas
              + " schemas, "
              + refused()
              + " refused; "
              + valid
              + " valid values, "
              + validRejected
              + " rejected in "
              + rejecting.size()
              + " schemas, "
              + reordered
              + " accepted in another order; "
              + invalid
              + " invalid ones, "
              + invalidAccepted
              + " accepted");
      refusals.forEach((reason, count) -> System.out.println("  " + count + "  " + reason));
    }

    int refused() {
      return refusals.values().stream().mapToInt(Integer::intValue).sum();
    }

    void hold(JsonNode table) {
      assertEquals(table.get("schemas").asInt(), schemas);
      assertEquals(List.of(), accepted, "invalid values accepted");
      int most = table.get("validRejected").asInt();
      assertTrue(validRejected <= most, validRejected + " rejected, not " + most + ": " + rejected);
      int refusedBefore = table.get("refused").asInt();
      assertTrue(refused() <= refusedBefore, refused() + " refused, not " + refusedBefore);
    }
  }

  static JsonNode table(String name) throws IOException {
    try (InputStream in = JsonSchemaCorpusTest.class.getResourceAsStream("ratchet.json")) {
      return MAPPER.readTree(in).get(name);
    }
  }

  /** Rows of the sample of real schemas; skips where it is absent. */
  static List<JsonNode> realSchemas() throws IOException {
    Path file = Shared.path("fixtures/json-schema/maskbench-sample.jsonl.gz");
    List<JsonNode> rows = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        rows.add(MAPPER.readTree(line));
      }
    }
    return rows;
  }

  @Test
  void theOfficialSuiteIsKept() throws IOException {
    Path directory = Shared.path("fixtures/json-schema/draft2020-12");
    Count count = new Count();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
        if (file.endsWith("format.json")) {
          continue; // it asks that formats are annotations: here they hold
        }
        for (JsonNode group : MAPPER.readTree(file.toFile())) {
          String name = file.getFileName() + " " + group.get("description").asText();
          count.schema(name, group.get("schema"), group.get("tests"));
        }
      }
    }
    count.print("official suite");
    count.hold(table("suite"));
  }

  @Test
  void realSchemasAreKept() throws IOException {
    Count count = new Count();
    for (JsonNode row : realSchemas()) {
      count.schema(row.get("name").asText(), row.get("schema"), row.get("tests"));
    }
    count.print("real schemas");
    count.hold(table("real"));
    // what was promised, whatever the table says
    assertTrue(count.refused() * 5 <= count.schemas, "more than 20 % refused");
    assertTrue(count.rejecting.size() * 200 <= count.schemas, "valid ones rejected in over 0.5 %");
  }
}
