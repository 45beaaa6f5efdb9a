package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.tensafe.server.config.ApiKeyFile;
import dev.tensafe.server.config.ApiKeys;
import dev.tensafe.testkit.Checkout;
import dev.tensafe.testkit.OtlpReceiver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What deploy/loki says of log lines is so of the lines of a server: neither Alloy nor Promtail is
 * here to be run.
 */
class LokiFilesTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Path LOKI = Checkout.root().resolve("deploy/loki");

  @TempDir Path dir;

  /** The stages of a pipeline: what is taken out of a line, and what becomes of it. */
  private record Pipeline(
      Map<String, String> expressions,
      String time,
      String format,
      Set<String> labels,
      Set<String> metadata) {}

  private static Pipeline promtail() throws Exception {
    JsonNode file =
        new ObjectMapper(new YAMLFactory()).readTree(LOKI.resolve("promtail.yaml").toFile());
    JsonNode job = file.at("/scrape_configs/0");
    assertEquals("tensafe", job.at("/static_configs/0/labels/job").asText());
    Map<String, JsonNode> stages = new TreeMap<>();
    for (JsonNode stage : job.path("pipeline_stages")) {
      stage.properties().forEach(entry -> stages.put(entry.getKey(), entry.getValue()));
    }
    assertEquals(Set.of("json", "timestamp", "labels", "structured_metadata"), stages.keySet());
    Map<String, String> expressions = new TreeMap<>();
    stages
        .get("json")
        .path("expressions")
        .properties()
        .forEach(entry -> expressions.put(entry.getKey(), entry.getValue().asText()));
    return new Pipeline(
        expressions,
        stages.get("timestamp").path("source").asText(),
        stages.get("timestamp").path("format").asText(),
        names(stages.get("labels")),
        names(stages.get("structured_metadata")));
  }

  private static Set<String> names(JsonNode node) {
    Set<String> names = new TreeSet<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static Pipeline alloy() throws Exception {
    String text = Files.readString(LOKI.resolve("alloy.config")).replaceAll("(?m)^\\s*//.*$", "");
    Map<String, Map<String, String>> stages = new TreeMap<>();
    Matcher stage =
        Pattern.compile("stage\\.(\\w+) \\{(.*?)\\n  \\}", Pattern.DOTALL).matcher(text);
    while (stage.find()) {
      Map<String, String> values = new TreeMap<>();
      Matcher value = Pattern.compile("(\\w+)\\s*= \"([^\"]*)\"").matcher(stage.group(2));
      while (value.find()) {
        // an empty expression is the name itself
        values.put(value.group(1), value.group(2).isEmpty() ? value.group(1) : value.group(2));
      }
      stages.put(stage.group(1), values);
    }
    assertTrue(text.contains("job      = \"tensafe\""));
    assertEquals(Set.of("json", "timestamp", "labels", "structured_metadata"), stages.keySet());
    Map<String, String> timestamp = stages.get("timestamp");
    return new Pipeline(
        stages.get("json"),
        timestamp.get("source"),
        timestamp.get("format"),
        stages.get("labels").keySet(),
        stages.get("structured_metadata").keySet());
  }

  /** Lines of a server with tenants, traces, adapters and an error, at every level. */
  private List<JsonNode> lines() throws Exception {
    Path model = TestServer.model(dir);
    AdapterOwner owner = new AdapterOwner(dir.resolve("owner"), model);
    Path keys = dir.resolve("keys.json");
    String[] key = {
      "Authorization",
      "Bearer " + new ApiKeyFile(keys).add("someone", Set.of(ApiKeys.Scope.values()))
    };
    List<JsonNode> lines = new ArrayList<>();
    try (LeakSearch log = new LeakSearch(dir);
        OtlpReceiver receiver = OtlpReceiver.start()) {
      try (TestServer server =
          TestServer.traced(
              model,
              keys,
              new TestServer.Adapters(dir.resolve("adapters"), owner, 256 << 20, 256),
              receiver)) {
        assertEquals(201, server.upload(owner.pack("mine", 1, owner.peft(2)), key).statusCode());
        String body = "{\"model\":\"mine\",\"prompt\":\"a\",\"max_tokens\":2}";
        assertEquals(200, server.post("/v1/completions", body, key).statusCode());
        receiver.await("the request", s -> s.name().equals("text_completion mine"));
      }
      for (String line : log.lines().lines().toList()) {
        lines.add(MAPPER.readTree(line));
      }
    }
    return lines;
  }

  @Test
  void whatTheFilesTakeOutOfALineIsInTheLinesOfAServer() throws Exception {
    Pipeline promtail = promtail();
    assertEquals(promtail, alloy());
    List<JsonNode> lines = lines();
    Set<String> fields = new TreeSet<>();
    for (JsonNode line : lines) {
      line.fieldNames().forEachRemaining(fields::add);
      // RFC3339Nano of Go
      assertTrue(line.path(promtail.time()).asText().endsWith("Z"), line.toString());
      Instant unusedTime = Instant.parse(line.path(promtail.time()).asText());
    }
    assertEquals("RFC3339Nano", promtail.format());
    promtail.expressions().forEach((name, source) -> assertTrue(fields.contains(source), name));
    Set<String> taken = new TreeSet<>(promtail.expressions().keySet());
    assertTrue(taken.containsAll(promtail.labels()) && taken.containsAll(promtail.metadata()));
    // every field is one of them, but for the text itself
    Set<String> left = new TreeSet<>(fields);
    left.removeAll(taken);
    left.removeAll(Set.of("message", "error"));
    assertEquals(Set.of(), left);
    labels(promtail, lines);
  }

  /** Labels and queries of README.md. */
  private static void labels(Pipeline promtail, List<JsonNode> lines) throws Exception {
    String readme = Files.readString(LOKI.resolve("README.md"));
    Set<String> named = new TreeSet<>();
    Matcher row = Pattern.compile("(?m)^\\| `(\\w+)` \\| (.*) \\|$").matcher(readme);
    while (row.find()) {
      named.add(row.group(1));
      for (JsonNode line : lines) {
        if (promtail.labels().contains(row.group(1))) {
          String value = line.path(row.group(1)).asText();
          assertTrue(row.group(2).contains("`" + value + "`"), value);
        }
      }
    }
    Set<String> labels = new TreeSet<>(promtail.labels());
    labels.add("job");
    assertEquals(labels, named);
    assertTrue(lines.stream().anyMatch(l -> l.path("logger").asText().equals("AccessLog")));
    Matcher derived = Pattern.compile("`(\"trace_id\".*)`").matcher(readme);
    assertTrue(derived.find());
    Pattern trace = Pattern.compile(derived.group(1));
    assertTrue(
        lines.stream().map(JsonNode::toString).anyMatch(l -> trace.matcher(l).find()), "a trace");
    Matcher query = Pattern.compile("\\| (\\w+)=\"").matcher(readme);
    while (query.find()) {
      assertTrue(promtail.metadata().contains(query.group(1)), query.group());
    }
  }
}
