package dev.tensafe.dashboards;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.testkit.Checkout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rules as promtool sees them, and what the runbook says of each alert. */
class RulesTest {
  private static final Path RULES = Checkout.root().resolve("deploy/prometheus/rules");
  private static final Path TESTS =
      Checkout.root().resolve("deploy/prometheus/tests/tensafe-alerts-test.yml");

  @TempDir private Path directory;

  private String promtool(String... arguments) throws Exception {
    String[] command =
        Stream.concat(Stream.of(Program.installed("promtool")), Stream.of(arguments))
            .toArray(String[]::new);
    try (Program program = Program.start(directory.resolve("log"), command)) {
      return program.ended();
    }
  }

  private static Set<String> alerts() throws Exception {
    return Expressions.rules().stream()
        .filter(rule -> rule.has("alert"))
        .map(rule -> rule.path("alert").asText())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void rulesAreWellFormed() throws Exception {
    promtool(
        "check",
        "rules",
        RULES.resolve("tensafe-alerts.yml").toString(),
        RULES.resolve("tensafe-recording.yml").toString());
  }

  @Test
  void theExamplesOfASetupAreWellFormed() throws Exception {
    for (String name : List.of("tensafe.key", "ca.pem")) {
      Files.createFile(directory.resolve(name));
    }
    Files.createDirectories(directory.resolve("rules"));
    for (String name : List.of("tensafe-alerts.yml", "tensafe-recording.yml")) {
      Files.copy(RULES.resolve(name), directory.resolve("rules").resolve(name));
    }
    for (String name : List.of("prometheus.yml", "local.yml")) {
      Path config = directory.resolve(name);
      Files.copy(Checkout.root().resolve("deploy/prometheus").resolve(name), config);
      String said = promtool("check", "config", config.toString());
      assertTrue(said.contains("SUCCESS"), said);
      assertTrue(said.contains("2 rule files found"), said);
    }
  }

  @Test
  void everyAlertFiresAndKeepsQuiet() throws Exception {
    promtool("test", "rules", TESTS.toString());
    String tests = Files.readString(TESTS);
    for (String alert : alerts()) {
      for (String what : List.of("fires", "keeps quiet")) {
        assertTrue(tests.contains("- name: " + alert + " " + what + "\n"), alert + " " + what);
      }
    }
  }

  @Test
  void everyAlertHasItsSection() throws Exception {
    Map<String, String> links = new TreeMap<>();
    for (JsonNode rule : Expressions.rules()) {
      if (rule.has("alert")) {
        links.put(rule.path("alert").asText(), rule.at("/annotations/runbook_url").asText());
      }
    }
    Map<String, String> sections = new TreeMap<>();
    String text = Files.readString(Checkout.root().resolve("docs/RUNBOOK.md"));
    for (String section : text.split("(?m)^## ", -1)) {
      String heading = section.lines().findFirst().orElse("");
      if (!heading.startsWith("#")) {
        sections.put(heading, "docs/RUNBOOK.md#" + heading.toLowerCase(Locale.ROOT));
        for (String part : List.of("**Means**", "**ook at**", "do**")) {
          String found = part.replace("**ook", "ook");
          assertTrue(
              section.toLowerCase(Locale.ROOT).contains(found.toLowerCase(Locale.ROOT)),
              heading + " does not say: " + part);
        }
      }
    }
    assertEquals(sections, links);
  }

  /** What the runbook tells somebody to look at is there. */
  @Test
  void panelsThatTheRunbookNamesExist() throws Exception {
    Set<String> titles =
        Expressions.dashboards().keySet().stream()
            .map(place -> place.split(", ", 3)[1])
            .collect(Collectors.toSet());
    String text = Files.readString(Checkout.root().resolve("docs/RUNBOOK.md")).replace('\n', ' ');
    Matcher named = Pattern.compile("(?<!\\*)\\*([A-Z][^*]+)\\*(?!\\*)").matcher(text);
    Set<String> missing = new TreeSet<>();
    while (named.find()) {
      if (!titles.contains(named.group(1))) {
        missing.add(named.group(1));
      }
    }
    assertEquals(Set.of(), missing);
  }
}
