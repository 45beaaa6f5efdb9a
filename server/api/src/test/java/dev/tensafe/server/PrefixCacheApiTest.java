package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.batching.cache.PrefixSharing;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.server.config.ApiKeyFile;
import dev.tensafe.server.config.ApiKeys;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients see of the prefix cache, and what is computed for them. */
class PrefixCacheApiTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int LENGTH = 100;

  @TempDir Path directory;
  private TestServer server;
  private String first;
  private String second;
  private String operator;
  private final AtomicLong computed = new AtomicLong();

  @BeforeEach
  void start() throws Exception {
    Path model = directory.resolve("model");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    Path keys = directory.resolve("keys");
    first = "Bearer " + new ApiKeyFile(keys).add("first", Set.of(ApiKeys.Scope.INFER));
    second = "Bearer " + new ApiKeyFile(keys).add("second", Set.of(ApiKeys.Scope.INFER));
    operator = "Bearer " + new ApiKeyFile(keys).add("operator", Set.of(ApiKeys.Scope.METRICS));
    server = TestServer.withPrefixes(model, keys, null, PrefixSharing.of("m"));
    server.engine.addStepListener(step -> computed.addAndGet(step.tokens()));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static ObjectNode body(int... seeds) {
    ObjectNode body = MAPPER.createObjectNode().put("model", "tiny").put("max_tokens", 1);
    ArrayNode prompts = body.putArray("prompt");
    for (int seed : seeds) {
      ArrayNode prompt = prompts.addArray();
      IntStream.range(0, LENGTH).forEach(i -> prompt.add((i * seed + i / 7) % 200));
    }
    return body;
  }

  private JsonNode ask(String key, ObjectNode body) throws Exception {
    HttpResponse<String> response =
        server.post("/v1/completions", body.toString(), "Authorization", key);
    assertEquals(200, response.statusCode(), response.body());
    server.awaitIdle();
    return MAPPER.readTree(response.body()).path("usage");
  }

  /** So many tokens were run since the last time: a step is told of after its answers. */
  private void computes(long tokens) {
    TestServer.await(tokens + " tokens", () -> computed.get() == tokens);
    computed.set(0);
  }

  private static int cached(JsonNode usage) {
    return usage.at("/prompt_tokens_details/cached_tokens").intValue();
  }

  @Test
  void choicesAndListsComputeTheirPromptOnce() throws Exception {
    JsonNode usage = ask(first, body(3).put("n", 4));
    assertEquals(0, cached(usage), "nothing was there before");
    computes(LENGTH + 3 * 4);
    usage = ask(first, body(5, 5, 3).put("n", 2).put("best_of", 2));
    assertEquals(3 * LENGTH, usage.path("prompt_tokens").intValue());
    assertEquals(96 + 96, cached(usage), "the second and the third");
    computes(LENGTH + 5 * 4);
  }

  @Test
  void streamsTellOfCachedTokensAtTheirEnd() throws Exception {
    ask(first, body(3));
    ObjectNode body = body(3).put("stream", true);
    body.putObject("stream_options").put("include_usage", true);
    HttpResponse<String> response =
        server.post("/v1/completions", body.toString(), "Authorization", first);
    JsonNode last =
        response
            .body()
            .lines()
            .filter(line -> line.startsWith("data: {"))
            .map(PrefixCacheApiTest::json)
            .filter(frame -> frame.path("usage").isObject())
            .findFirst()
            .orElseThrow();
    assertEquals(96, cached(last.path("usage")));
  }

  private static JsonNode json(String line) {
    try {
      return MAPPER.readTree(line.substring(6));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void tenantsShareNothingUnlessTheyHaveTheSameSalt() throws Exception {
    ask(first, body(3));
    assertEquals(0, cached(ask(second, body(3))));
    computes(2 * LENGTH);
    assertEquals(0, cached(ask(first, body(3).put("cache_salt", "0123456789abcdef"))));
    assertEquals(96, cached(ask(second, body(3).put("cache_salt", "0123456789abcdef"))));
    assertEquals(0, cached(ask(second, body(3).put("cache_salt", "0123456789abcdeF"))));
    assertEquals(96, cached(ask(second, body(3).putNull("cache_salt"))));
    String metrics = server.get("/metrics", "Authorization", operator).body();
    assertTrue(metrics.contains("vllm:prefix_cache_queries_total"), metrics);
    assertTrue(metrics.contains("tenant=\"second\""), metrics);
    assertFalse(metrics.contains("0123456789abcde"), "a salt in metrics");
  }

  @Test
  void aSaltThatCanBeGuessedIsRefused() throws Exception {
    for (String salt : new String[] {"\"\"", "\"0123456789abcde\"", "7"}) {
      String body = body(3).toString().replaceFirst("\\{", "{\"cache_salt\":" + salt + ",");
      for (String path : new String[] {"/v1/completions", "/v1/chat/completions"}) {
        HttpResponse<String> response = server.post(path, body, "Authorization", first);
        assertEquals(400, response.statusCode(), response.body());
        JsonNode error = MAPPER.readTree(response.body()).path("error");
        assertEquals("cache_salt", error.path("param").asText());
        assertEquals(!salt.equals("7"), error.path("message").asText().contains("guesses"));
      }
    }
  }

  @Test
  void aScoredPromptIsComputedWhole() throws Exception {
    ask(first, body(3));
    computes(LENGTH);
    ObjectNode scored = body(3).put("echo", true).put("logprobs", 1);
    assertEquals(0, cached(ask(first, scored)));
    computes(LENGTH);
  }
}
