package dev.tensafe.dashboards;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.tensafe.testkit.Checkout;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Every expression of the files that are committed, by where it stands. */
final class Expressions {
  private Expressions() {}

  private static List<Path> files(String directory) throws IOException {
    try (Stream<Path> files = Files.list(Checkout.root().resolve(directory))) {
      return files.filter(file -> !Files.isDirectory(file)).sorted().toList();
    }
  }

  /** Of panels and variables. */
  static Map<String, String> dashboards() throws IOException {
    Map<String, String> all = new LinkedHashMap<>();
    for (Path file : files("deploy/grafana")) {
      JsonNode root = new ObjectMapper().readTree(file.toFile());
      for (JsonNode panel : root.path("panels")) {
        for (JsonNode target : panel.path("targets")) {
          all.put(
              file.getFileName()
                  + ", "
                  + panel.path("title").asText()
                  + ", "
                  + target.path("refId").asText()
                  + ", "
                  + panel.path("id"),
              target.path("expr").asText());
        }
      }
      for (JsonNode variable : root.path("templating").path("list")) {
        if (variable.path("type").asText().equals("query")) {
          all.put(
              file.getFileName() + ", variable " + variable.path("name").asText(),
              variable.path("query").asText());
        }
      }
    }
    return all;
  }

  /** Every rule, the recording ones under what they record. */
  static List<JsonNode> rules() throws IOException {
    List<JsonNode> all = new ArrayList<>();
    for (Path file : files("deploy/prometheus/rules")) {
      JsonNode root = new ObjectMapper(new YAMLFactory()).readTree(file.toFile());
      root.path("groups").forEach(group -> group.path("rules").forEach(all::add));
    }
    return all;
  }

  /** Of rules; comparisons of alerts say 0 or 1 here, so that they have a value in peace, too. */
  static Map<String, String> rulesWithValues() throws IOException {
    Map<String, String> all = new LinkedHashMap<>();
    for (JsonNode rule : rules()) {
      String expression = rule.path("expr").asText();
      if (rule.has("alert")) {
        all.put(
            "alert " + rule.path("alert").asText(),
            expression.replaceAll("(==|<|>) (?=[0-9a-z])", "$1 bool "));
      } else {
        all.put("record " + rule.path("record").asText(), rule.path("record").asText());
        all.put("rule of " + rule.path("record").asText(), expression);
      }
    }
    return all;
  }

  /** Those of others' software, from a file that names them. */
  static Map<String, String> vllm() throws IOException {
    Map<String, String> all = new LinkedHashMap<>();
    try (InputStream in = Expressions.class.getResourceAsStream("vllm-queries.txt")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      int number = 0;
      for (String line : text.lines().toList()) {
        number++;
        if (!line.startsWith("#")) {
          all.put("vllm-queries.txt:" + number, line);
        }
      }
    }
    return all;
  }
}
