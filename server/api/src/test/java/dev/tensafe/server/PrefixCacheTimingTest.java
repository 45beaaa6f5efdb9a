package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The attack: one tenant asks, and another wants to know from the time of its own answer whether it
 * was this prompt. Trials in random order over real sockets, and Welch's t of the two groups of
 * times. It finds tenants that share a root on purpose, and does not find those that do not.
 */
class PrefixCacheTimingTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int VOCAB = 300;
  private static final int SECRET = 560;
  private static final int TRIALS = 100;

  /** Beyond it, chance is no explanation: less than one in 10^5 even with few trials. */
  private static final double THRESHOLD = 4.5;

  @TempDir Path directory;

  private String victim;
  private String attacker;

  private static JsonNode ask(TestServer server, String key, int[] prompt, String salt)
      throws Exception {
    ObjectNode body = MAPPER.createObjectNode();
    body.put("model", "tiny").put("temperature", 0).put("max_tokens", 1);
    if (salt != null) {
      body.put("cache_salt", salt);
    }
    ArrayNode tokens = body.putArray("prompt");
    for (int token : prompt) {
      tokens.add(token);
    }
    HttpResponse<String> response =
        server.post("/v1/completions", body.toString(), "Authorization", key);
    assertEquals(200, response.statusCode(), response.body());
    return MAPPER.readTree(response.body());
  }

  /**
   * Times of the attacker's requests, by whether the victim had asked the same; their logarithms,
   * since a busy machine makes some of them many times as long.
   */
  private static final class Times {
    final double[][] logs = new double[2][TRIALS];
    final int[] counts = new int[2];
    int cached;

    void add(boolean asked, long time, int cachedTokens) {
      int group = asked ? 1 : 0;
      logs[group][counts[group]++] = Math.log(time);
      cached += cachedTokens;
    }

    /** Welch's t: the difference of the means in units of its standard error. */
    double t() {
      double[] mean = new double[2];
      double[] error = new double[2];
      for (int g = 0; g < 2; g++) {
        double[] x = Arrays.copyOf(logs[g], counts[g]);
        double m = Arrays.stream(x).average().orElseThrow();
        double variance = Arrays.stream(x).map(v -> (v - m) * (v - m)).sum() / (x.length - 1);
        mean[g] = m;
        error[g] = variance / x.length;
      }
      return (mean[0] - mean[1]) / Math.sqrt(error[0] + error[1]);
    }
  }

  private void trial(TestServer server, Random random, String salt, Times times) throws Exception {
    int[] guess = random.ints(SECRET, 0, VOCAB).toArray();
    boolean asked = random.nextBoolean();
    int[] secret = asked ? guess : random.ints(SECRET, 0, VOCAB).toArray();
    ask(server, victim, secret, salt);
    long before = System.nanoTime();
    JsonNode answer = ask(server, attacker, guess, salt);
    times.add(
        asked,
        System.nanoTime() - before,
        answer.at("/usage/prompt_tokens_details/cached_tokens").intValue());
  }

  @Test
  void timesTellOfASharedRootAndNotOfOurs() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Path model = directory.resolve("model");
    SyntheticModel.write(
        model, SyntheticModel.llama(128, 384, 4, 4, 2, VOCAB, 1024), DType.F32, random.nextLong());
    Path keys = directory.resolve("keys");
    victim = "Bearer " + new ApiKeyFile(keys).add("victim", Set.of(ApiKeys.Scope.INFER));
    attacker = "Bearer " + new ApiKeyFile(keys).add("attacker", Set.of(ApiKeys.Scope.INFER));
    try (TestServer server = TestServer.withPrefixes(model, keys, null, PrefixSharing.of("m"))) {
      for (int i = 0; i < 20; i++) { // warm code
        trial(server, random, null, new Times());
        trial(server, random, "a salt of both of them", new Times());
      }
      Times shared = new Times();
      Times ours = new Times();
      while (shared.counts[0] + shared.counts[1] < TRIALS
          || ours.counts[0] + ours.counts[1] < TRIALS) {
        boolean salted = random.nextBoolean();
        Times times = salted ? shared : ours;
        if (times.counts[0] + times.counts[1] < TRIALS) {
          trial(server, random, salted ? "a salt of both of them" : null, times);
        }
      }
      System.out.printf("t of a shared root %.1f, of ours %.2f%n", shared.t(), ours.t());
      assertTrue(shared.t() > THRESHOLD, "the attack finds nothing: " + shared.t());
      assertTrue(Math.abs(ours.t()) < THRESHOLD, "times tell of another tenant: " + ours.t());
      // and the same without a clock
      assertTrue(shared.cached > 20 * (SECRET / 16 * 16 - 16), "cached " + shared.cached);
      assertEquals(0, ours.cached);
    }
  }
}
