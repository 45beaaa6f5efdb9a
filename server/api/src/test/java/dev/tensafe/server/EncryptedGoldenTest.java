package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.he.Profile;
import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.he.host.EmbeddedHost;
import dev.tensafe.he.host.HostLimits;
import dev.tensafe.he.host.TokenMeter;
import dev.tensafe.testkit.Shared;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real adapters, encrypted: the greedy tokens that an independent float64 implementation gives for
 * them, at every step whose margin is not below what encryption may move.
 */
class EncryptedGoldenTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Path SHARED = Shared.directory();
  private static final Path MODEL = SHARED.resolve("models/stories260K-hf-f32");
  private static final List<String> NAMES =
      List.of("shout-r4", "shakespeare-r8-qv", "shakespeare-r16-rslora");

  /** Logits; where the best two are nearer, encryption may swap them. */
  private static final double MARGIN = 0.003;

  @TempDir Path directory;
  private AdapterOwner owner;
  private int compared;
  private int excused;

  @BeforeEach
  void requireShared() {
    Path unusedModel = Shared.path("models/stories260K-hf-f32");
    owner = new AdapterOwner(directory.resolve("owner"), MODEL);
  }

  private record Case(String model, String mode, JsonNode golden) {}

  private static List<Case> golden(String name, String model, String mode) throws Exception {
    List<Case> cases = new ArrayList<>();
    String file = "golden/stories260K-f32" + (name.isEmpty() ? "" : "+" + name) + ".json";
    MAPPER
        .readTree(SHARED.resolve(file).toFile())
        .path("cases")
        .forEach(c -> cases.add(new Case(model, mode, c)));
    return cases;
  }

  private void check(TestServer server, Case c, String profile) throws Exception {
    ObjectNode body = MAPPER.createObjectNode();
    body.put("model", c.model()).put("temperature", 0).put("logprobs", 1);
    body.set("prompt", c.golden().path("prompt_ids"));
    body.put("max_tokens", c.golden().path("greedy_ids").size());
    HttpResponse<String> response = server.post("/v1/completions", body.toString());
    assertEquals(200, response.statusCode(), response.body());
    JsonNode answer = MAPPER.readTree(response.body());
    assertEquals(c.mode(), answer.at("/tensafe/mode").asText());
    assertEquals(0, answer.at("/tensafe/rotations").asInt());
    assertEquals(c.mode().equals("he") ? profile : null, answer.at("/tensafe/profile").textValue());
    String want = GoldenText.of(server, c.golden());
    String got = answer.at("/choices/0/text").asText();
    double gap = c.golden().path("min_top1_gap").doubleValue();
    synchronized (this) {
      if (gap <= MARGIN && !got.equals(want)) {
        excused++;
        System.out.println("diverged at a margin of " + gap + ": " + c.model());
        return;
      }
      compared++;
    }
    assertEquals(want, got, c.model());
    JsonNode logprobs = answer.at("/choices/0/logprobs/token_logprobs");
    for (int i = 0; i < logprobs.size(); i++) {
      double expected = c.golden().path("greedy_logprobs").get(i).doubleValue();
      assertEquals(expected, logprobs.get(i).doubleValue(), 2e-3, c.model() + " step " + i);
    }
  }

  private TestServer start(TestServer.EncryptedModeFactory mode) {
    return TestServer.withAdapters(
        MODEL,
        null,
        new TestServer.Adapters(
            directory.resolve("adapters"), owner, 256 << 20, 64, Optional.of(mode), List.of()));
  }

  /** The encrypted ones: AdapterGoldenTest has the others alone. */
  private static List<Case> encrypted() throws Exception {
    List<Case> work = new ArrayList<>();
    for (String name : NAMES) {
      work.addAll(golden(name, name + "-he", "he"));
    }
    return work;
  }

  /** Both kinds of every adapter, and the base model. */
  private List<Case> everything() throws Exception {
    List<Case> work = new ArrayList<>(golden("", "tiny", "base"));
    for (String name : NAMES) {
      work.addAll(golden(name, name, "plain"));
      work.addAll(golden(name, name + "-he", "he"));
    }
    return work;
  }

  private void upload(TestServer server, HeSetup host) throws Exception {
    for (String name : NAMES) {
      Path peft = SHARED.resolve("adapters").resolve(name);
      assertEquals(201, server.upload(owner.pack(name, 1, peft)).statusCode());
      Path encrypted = owner.packEncrypted(name + "-he", 1, peft);
      if (host != null) {
        host.deliver(encrypted);
      }
      HttpResponse<String> response = server.upload(encrypted);
      assertEquals(201, response.statusCode(), response.body());
    }
  }

  private void mixed(TestServer server, String profile) throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    List<Case> work = everything();
    Collections.shuffle(work, new Random(seed));
    ExecutorService clients = Executors.newFixedThreadPool(20);
    try {
      List<Future<?>> running = new ArrayList<>();
      for (Case c : work) {
        running.add(
            clients.submit(
                () -> {
                  check(server, c, profile);
                  return null;
                }));
      }
      for (Future<?> future : running) {
        future.get();
      }
    } finally {
      clients.shutdownNow();
    }
    System.out.println(compared + " answers compared, " + excused + " diverged below the margin");
    assertTrue(compared >= work.size() - 3);
  }

  @Test
  void twoPartiesGiveTheGoldenTokensAloneAndInAnyCompany() throws Exception {
    try (HeSetup host = HeSetup.unix(owner, directory);
        TestServer server = start(host.mode())) {
      upload(server, host);
      for (Case c : encrypted()) {
        check(server, c, "fast");
      }
      mixed(server, "fast");
      String metrics = server.get("/metrics").body();
      assertTrue(metrics.contains("tensafe_he_lora_latency_seconds_count"), metrics);
      assertTrue(metrics.contains("tensafe_he_tags_checked_total"), metrics);
    }
  }

  @Test
  void soDoesTheStrictProfile() throws Exception {
    try (HeSetup host = HeSetup.unix(owner, directory);
        TestServer server = start(host.mode(HeSetup.quick(Profile.STRICT, 30_000), null))) {
      upload(server, host);
      for (Case c : encrypted()) {
        check(server, c, "strict");
      }
    }
  }

  private TestServer startEmbedded(Profile profile) {
    owner.embedBoth();
    return start(
        (key, base, layers) ->
            EncryptedAdapters.embedded(
                key,
                base,
                layers,
                HeSetup.quick(profile, 30_000),
                new EmbeddedHost(
                    new AdapterHost(
                        key, TokenMeter.embedded(InstantSource.system()), HostLimits.standard()))));
  }

  @Test
  void embeddedTheStrictProfileDoesToo() throws Exception {
    try (TestServer server = startEmbedded(Profile.STRICT)) {
      upload(server, null);
      for (Case c : encrypted()) {
        check(server, c, "strict");
      }
    }
  }

  @Test
  void embeddedTheSameCodeRunsInOneProcess() throws Exception {
    try (TestServer server = startEmbedded(Profile.FAST)) {
      upload(server, null);
      mixed(server, "fast");
      JsonNode listed = MAPPER.readTree(server.get("/v1/adapters/" + NAMES.get(0) + "-he").body());
      assertTrue(listed.path("embedded").asBoolean());
      Path apart =
          owner.pack(
              "apart",
              1,
              SHARED.resolve("adapters").resolve(NAMES.get(0)),
              MODEL,
              Mode.HE,
              new Policy(
                  List.of(),
                  Policy.NONE.maxTokensPerTenantPerDay(),
                  Policy.NONE.maxTokensTotal(),
                  false,
                  true),
              owner.key,
              InstantSource.system());
      HttpResponse<String> refused = server.upload(apart);
      assertEquals(400, refused.statusCode());
      assertTrue(refused.body().contains("adapter_policy_unsatisfiable"), refused.body());
    }
  }
}
