package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.testkit.Shared;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real adapters over a real model, packed, uploaded and asked over HTTP: the greedy tokens that an
 * independent float64 implementation gives for them, alone and in any company.
 */
class AdapterGoldenTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Path SHARED = Shared.directory();
  private static final List<String> NAMES =
      List.of("shout-r4", "shakespeare-r8-qv", "shakespeare-r16-rslora");

  private static final Path MODEL = SHARED.resolve("models/stories260K-hf-f32");
  private static AdapterOwner owner;
  private static TestServer server;

  /** One prompt and what a model, with or without an adapter, must answer. */
  private record Case(String model, JsonNode golden) {}

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    Path unusedModel = Shared.path("models/stories260K-hf-f32");
    owner = new AdapterOwner(directory.resolve("owner"), MODEL);
    server =
        TestServer.withAdapters(
            MODEL,
            null,
            // room for about five sequences of full length: with more, some are preempted
            new TestServer.Adapters(directory.resolve("adapters"), owner, 1 << 20, 64));
    for (String name : NAMES) {
      Path peft = SHARED.resolve("adapters").resolve(name);
      assertEquals(201, server.upload(owner.pack(name, 1, peft)).statusCode());
    }
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  private static List<Case> cases() throws Exception {
    List<Case> cases = new ArrayList<>();
    for (String name : NAMES) {
      Path file = SHARED.resolve("golden/stories260K-f32+" + name + ".json");
      MAPPER.readTree(file.toFile()).path("cases").forEach(c -> cases.add(new Case(name, c)));
    }
    MAPPER
        .readTree(SHARED.resolve("golden/stories260K-f32.json").toFile())
        .path("cases")
        .forEach(c -> cases.add(new Case("tiny", c)));
    return cases;
  }

  private static void check(Case c, String model, int priority) throws Exception {
    ObjectNode body = MAPPER.createObjectNode();
    body.put("model", model).put("temperature", 0).put("logprobs", 1);
    body.put("priority", priority);
    body.set("prompt", c.golden().path("prompt_ids"));
    body.put("max_tokens", c.golden().path("greedy_ids").size());
    HttpResponse<String> response = server.post("/v1/completions", body.toString());
    assertEquals(200, response.statusCode(), response.body());
    JsonNode answer = MAPPER.readTree(response.body());
    assertEquals(model, answer.path("model").asText());
    String mode = answer.at("/tensafe/mode").asText();
    assertEquals(c.model().equals("tiny") ? "base" : "plain", mode);
    // no step of the golden runs has a smaller margin than this, so every token is compared
    assertTrue(c.golden().path("min_top1_gap").doubleValue() > 0.001);
    assertEquals(GoldenText.of(server, c.golden()), answer.at("/choices/0/text").asText());
    JsonNode logprobs = answer.at("/choices/0/logprobs/token_logprobs");
    for (int i = 0; i < logprobs.size(); i++) {
      double want = c.golden().path("greedy_logprobs").get(i).doubleValue();
      assertEquals(want, logprobs.get(i).doubleValue(), 2e-3, c.model() + " step " + i);
    }
  }

  @Test
  void everyAdapterAloneGivesItsGoldenTokens() throws Exception {
    for (Case c : cases()) {
      check(c, c.model(), 0);
      if (!c.model().equals("tiny")) {
        check(c, "tiny:" + c.model(), 0);
      }
    }
  }

  @Test
  void mixedInOneBatchUnderPreemptionAndHotSwapNothingChanges() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    List<Case> work = new ArrayList<>();
    for (int round = 0; round < 6; round++) {
      work.addAll(cases());
    }
    Collections.shuffle(work, random);
    long preemptionsBefore = server.engine.status().preemptions();
    ExecutorService clients = Executors.newFixedThreadPool(25);
    try {
      List<Future<?>> running = new ArrayList<>();
      for (Case c : work) {
        int priority = random.nextInt(3);
        Callable<Void> task =
            () -> {
              check(c, c.model(), priority);
              return null;
            };
        running.add(clients.submit(task));
      }
      // the same weights under a new version, again and again: answers stay, digests change
      for (int version = 2; version < 8; version++) {
        for (String name : NAMES) {
          Path peft = SHARED.resolve("adapters").resolve(name);
          assertEquals(201, server.upload(owner.pack(name, version, peft)).statusCode());
        }
      }
      for (Future<?> future : running) {
        future.get();
      }
    } finally {
      clients.shutdownNow();
    }
    assertTrue(server.engine.status().preemptions() > preemptionsBefore, "the test must preempt");
    server.awaitIdle();
  }
}
