package dev.tensafe.dashboards;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.cli.training.TrainingMetrics;
import dev.tensafe.owner.host.AdapterHostMetrics;
import dev.tensafe.runtime.metrics.Family;
import dev.tensafe.runtime.metrics.ProcessMetrics;
import dev.tensafe.server.metrics.MetricCatalog;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every query of every dashboard and rule has an answer while a server is under load. */
class LiveQueriesTest {
  private static final long SECONDS = 45;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern LABEL_VALUES = Pattern.compile("label_values\\((.+), ?(\\w+)\\)");

  /** What Grafana puts in place of its variables, the longest names first. */
  private static final Map<String, String> VARIABLES = new LinkedHashMap<>();

  static {
    VARIABLES.put("$__rate_interval", "10s");
    VARIABLES.put("$__interval", "10s");
    VARIABLES.put("$__range", "30s");
    VARIABLES.put("=\"$model_name\"", "=\"" + LiveStack.MODEL + "\"");
    for (String name :
        List.of(
            "model_name",
            "Deployment_id",
            "instance",
            "job",
            "engine",
            "adapter",
            "tenant",
            "host",
            "server")) {
      VARIABLES.put("$" + name, ".*");
    }
  }

  @TempDir private static Path directory;
  private static LiveStack stack;

  @BeforeAll
  static void start() throws Exception {
    stack = new LiveStack(directory);
  }

  @AfterAll
  static void stop() {
    if (stack != null) {
      stack.close();
    }
  }

  private static String substituted(String expression) {
    String out = expression;
    for (Map.Entry<String, String> variable : VARIABLES.entrySet()) {
      out = out.replace(variable.getKey(), variable.getValue());
    }
    assertTrue(!out.contains("$"), out);
    return out;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** What is wrong with an expression now; empty if it has a value that is a number. */
  private static String fault(String expression) throws Exception {
    String query = substituted(expression);
    Matcher values = LABEL_VALUES.matcher(query);
    if (values.matches()) {
      JsonNode answer =
          JSON.readTree(
              stack.prometheus("/api/v1/series", "match[]=" + encoded(values.group(1))).body());
      return answer.findValues(values.group(2)).isEmpty() ? "no value: " + answer : "";
    }
    long now = Instant.now().getEpochSecond();
    JsonNode answer =
        JSON.readTree(
            stack
                .prometheus(
                    "/api/v1/query_range",
                    "query=" + encoded(query) + "&step=1&start=" + (now - 12) + "&end=" + now)
                .body());
    if (!answer.path("status").asText().equals("success")) {
      return "an error: " + answer;
    }
    for (JsonNode series : answer.at("/data/result")) {
      for (JsonNode value : series.path("values")) {
        if (!value.path(1).asText().equals("NaN")) {
          return "";
        }
      }
    }
    return "nothing";
  }

  private static void allHaveValues(Map<String, String> expressions) throws Exception {
    assertTrue(expressions.size() > 20, expressions.toString());
    Map<String, String> faults = new TreeMap<>();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    Map<String, String> left = expressions;
    do {
      faults.clear();
      Map<String, String> still = new LinkedHashMap<>();
      for (Map.Entry<String, String> entry : left.entrySet()) {
        String fault = fault(entry.getValue());
        if (!fault.isEmpty()) {
          still.put(entry.getKey(), entry.getValue());
          faults.put(entry.getKey(), fault + " for " + entry.getValue());
        }
      }
      left = still;
    } while (!faults.isEmpty() && System.nanoTime() < deadline);
    assertEquals(Map.of(), faults, () -> String.join("\n", new ArrayList<>(faults.values())));
  }

  @Test
  void everyPanelAndVariableOfOursHasAValue() throws Exception {
    allHaveValues(Expressions.dashboards());
  }

  @Test
  void everyRuleHasAValue() throws Exception {
    allHaveValues(Expressions.rulesWithValues());
  }

  @Test
  void everyQueryOfVllmsDashboardsAndOfItsScalersHasAValue() throws Exception {
    allHaveValues(Expressions.vllm());
  }

  /** Names, types and texts by name; labels by name. */
  private record Scrape(Map<String, String> families, Map<String, Set<String>> labels) {
    static Scrape of(String text) {
      Map<String, String> helps = new TreeMap<>();
      Map<String, String> families = new TreeMap<>();
      Map<String, Set<String>> labels = new TreeMap<>();
      String family = "";
      for (String line : text.lines().toList()) {
        String[] words = line.split(" ", 4);
        if (line.startsWith("# HELP ")) {
          helps.put(words[2], words[3]);
        } else if (line.startsWith("# TYPE ")) {
          family = words[2];
          families.put(family, words[3] + ": " + helps.get(family));
          labels.put(family, new TreeSet<>());
        } else {
          Matcher matcher = Pattern.compile("[{,](\\w+)=\"").matcher(line);
          while (matcher.find()) {
            labels.get(family).add(matcher.group(1));
          }
        }
      }
      labels.values().forEach(l -> l.remove("le"));
      families.keySet().removeIf(name -> name.startsWith("jvm_"));
      labels.keySet().retainAll(families.keySet());
      return new Scrape(families, labels);
    }

    static Scrape of(List<Family> all) {
      Map<String, String> families = new TreeMap<>();
      Map<String, Set<String>> labels = new TreeMap<>();
      for (Family family : all) {
        families.put(family.name(), family.kind().label() + ": " + family.help());
        labels.put(family.name(), new TreeSet<>(family.labels()));
      }
      return new Scrape(families, labels);
    }
  }

  /**
   * The list, and so the page that is made of it, is what is shown: names, types, labels, texts.
   */
  @Test
  void theListIsWhatIsScraped() throws Exception {
    List<Family> server = new ArrayList<>(MetricCatalog.all());
    // of embedded hosts
    server.removeIf(family -> family.name().startsWith("tensafe_he_pool_"));
    shown(server, stack::scrapeServer);
    shown(AdapterHostMetrics.all(), stack::scrapeHost);
    List<Family> training = new ArrayList<>(TrainingMetrics.all());
    training.addAll(ProcessMetrics.FAMILIES);
    shown(training, stack::scrapeTraining);
  }

  /** Somewhere a scrape comes from. */
  private interface Source {
    String text() throws Exception;
  }

  private static void shown(List<Family> expected, Source source) throws Exception {
    Scrape listed = Scrape.of(expected);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    Scrape seen = Scrape.of(source.text());
    while (!seen.equals(listed) && System.nanoTime() < deadline) {
      seen = Scrape.of(source.text());
    }
    assertEquals(listed.families(), seen.families());
    assertEquals(listed.labels(), seen.labels());
  }
}
