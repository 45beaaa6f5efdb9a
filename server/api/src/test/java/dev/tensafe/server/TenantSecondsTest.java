package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.server.config.ApiKeyFile;
import dev.tensafe.server.config.ApiKeys;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a whole server tells of its tenants' time: how much it was, by the names of their keys. */
class TenantSecondsTest {
  private static final String SALT = "0123456789abcdef";
  private static final Pattern LINE =
      Pattern.compile("(?m)^tensafe_tenant_seconds_total\\{([^}]*)\\} (\\S+)$");

  @TempDir private Path directory;

  @Test
  void stepsAreChargedToTheNamesOfKeysAndNothingElseIsTold() throws Exception {
    Path model = directory.resolve("model");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    Path keys = directory.resolve("keys");
    String much = new ApiKeyFile(keys).add("much", Set.of(ApiKeys.Scope.INFER));
    String little = new ApiKeyFile(keys).add("little", Set.of(ApiKeys.Scope.INFER));
    String idle =
        new ApiKeyFile(keys).add("idle", Set.of(ApiKeys.Scope.INFER, ApiKeys.Scope.METRICS));
    DoubleAdder nanos = new DoubleAdder();
    try (TestServer server = TestServer.of(model, keys)) {
      server.engine.addStepListener(
          step -> step.tenants().values().forEach(value -> nanos.add(value)));
      ask(server, much, 200);
      ask(server, little, 2);
      server.awaitIdle();
      String metrics = server.get("/metrics", "Authorization", "Bearer " + idle).body();
      Map<String, Double> seconds = seconds(metrics);
      assertEquals(Set.of("tenant=\"little\"", "tenant=\"much\""), seconds.keySet());
      double first = seconds.getOrDefault("tenant=\"much\"", 0.0);
      double second = seconds.getOrDefault("tenant=\"little\"", 0.0);
      assertTrue(first > 0 && second > 0, seconds.toString());
      for (String secret : new String[] {much, little, idle, SALT}) {
        assertFalse(metrics.contains(secret), "a secret in metrics");
      }
      // a step is told of after its answers
      TestServer.await(
          "all steps",
          () -> {
            double sum =
                seconds(scrape(server, idle)).values().stream()
                    .mapToDouble(Double::doubleValue)
                    .sum();
            return nanos.sum() > 0 && Math.abs(sum * 1e9 / nanos.sum() - 1) < 1e-6;
          });
    }
  }

  private static void ask(TestServer server, String key, int tokens) throws Exception {
    String body =
        "{\"model\":\"tiny\",\"prompt\":[1,2,3],\"ignore_eos\":true,\"cache_salt\":\""
            + SALT
            + "\",\"max_tokens\":"
            + tokens
            + "}";
    assertEquals(
        200, server.post("/v1/completions", body, "Authorization", "Bearer " + key).statusCode());
  }

  private static String scrape(TestServer server, String key) {
    try {
      return server.get("/metrics", "Authorization", "Bearer " + key).body();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static Map<String, Double> seconds(String metrics) {
    Map<String, Double> seconds = new TreeMap<>();
    Matcher lines = LINE.matcher(metrics);
    while (lines.find()) {
      seconds.put(lines.group(1), Double.parseDouble(lines.group(2)));
    }
    return seconds;
  }
}
