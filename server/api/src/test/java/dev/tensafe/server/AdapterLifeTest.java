package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.server.metrics.ServerMetrics;
import dev.tensafe.tssp.trust.TrustDirectory;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapters that come, change and go while requests run. */
class AdapterLifeTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir private static Path shared;
  private static Path model;

  @TempDir private Path directory;
  private AdapterOwner owner;
  private TestServer server;

  @BeforeAll
  static void writeModel() throws Exception {
    model = shared.resolve("model");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
  }

  @BeforeEach
  void start() {
    owner = new AdapterOwner(directory.resolve("owner"), model);
    server = open(1 << 20);
  }

  private TestServer open(long memoryBytes) {
    return TestServer.withAdapters(
        model,
        null,
        new TestServer.Adapters(directory.resolve("adapters"), owner, memoryBytes, 512));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static String request(String name, int tokens) {
    return "{\"model\":\""
        + name
        + "\",\"prompt\":\"Once\",\"temperature\":0,\"ignore_eos\":true,\"max_tokens\":"
        + tokens
        + "}";
  }

  private JsonNode ask(String name, int tokens) throws Exception {
    HttpResponse<String> response = server.post("/v1/completions", request(name, tokens));
    assertEquals(200, response.statusCode(), response.body());
    return MAPPER.readTree(response.body());
  }

  private static String text(JsonNode answer) {
    return answer.at("/choices/0/text").asText();
  }

  private static String digest(JsonNode answer) {
    return answer.at("/tensafe/adapter_digest").asText();
  }

  private JsonNode adapter(String name) throws Exception {
    return MAPPER.readTree(server.get("/v1/adapters/" + name).body());
  }

  @Test
  void oneNameUpdatedAHundredTimesUnderLoadNeverMixesVersions() throws Exception {
    int variants = 4;
    List<Path> peft = new ArrayList<>();
    for (int i = 0; i < variants; i++) {
      peft.add(owner.peft(i));
    }
    // what each set of weights answers when nothing else runs
    Map<Integer, String> cold = new HashMap<>();
    for (int i = 0; i < variants; i++) {
      assertEquals(201, server.upload(owner.pack("cold-" + i, 1, peft.get(i))).statusCode());
      cold.put(i, text(ask("cold-" + i, 24)));
    }
    System.out.println(
        "DBG "
            + text(ask("tiny", 24))
            + " cfg "
            + java.nio.file.Files.readString(peft.get(1).resolve("adapter_config.json")));
    String base = text(ask("tiny", 24));
    assertEquals(variants, new HashSet<>(cold.values()).size(), "the variants must differ");
    assertFalse(cold.containsValue(base), "the variants must differ from the base model");
    Map<String, Integer> variantOf = new HashMap<>();
    HttpResponse<String> first = server.upload(owner.pack("hot", 0, peft.get(0)));
    variantOf.put(MAPPER.readTree(first.body()).path("adapter_digest").asText(), 0);
    AtomicBoolean going = new AtomicBoolean(true);
    ExecutorService clients = Executors.newFixedThreadPool(6);
    List<Future<List<String[]>>> results = new ArrayList<>();
    for (int client = 0; client < 6; client++) {
      String name = client < 4 ? "hot" : client == 4 ? "tiny" : "cold-2";
      results.add(
          clients.submit(
              () -> {
                List<String[]> answers = new ArrayList<>();
                while (going.get()) {
                  JsonNode answer = ask(name, 24);
                  answers.add(new String[] {name, digest(answer), text(answer)});
                }
                return answers;
              }));
    }
    for (int version = 1; version <= 100; version++) {
      HttpResponse<String> up =
          server.upload(owner.pack("hot", version, peft.get(version % variants)));
      assertEquals(201, up.statusCode(), up.body());
      variantOf.put(MAPPER.readTree(up.body()).path("adapter_digest").asText(), version % variants);
    }
    going.set(false);
    Set<String> versionsSeen = new HashSet<>();
    for (Future<List<String[]>> future : results) {
      for (String[] answer : future.get()) {
        switch (answer[0]) {
          case "tiny" -> assertEquals(base, answer[2]);
          case "cold-2" -> assertEquals(cold.get(2), answer[2]);
          default -> {
            assertTrue(variantOf.containsKey(answer[1]), "an unknown digest");
            assertEquals(cold.get(variantOf.get(answer[1])), answer[2], "weights of another");
            versionsSeen.add(answer[1]);
          }
        }
      }
    }
    clients.shutdown();
    assertTrue(versionsSeen.size() > 10, "only " + versionsSeen.size() + " versions were asked");
    assertEquals(100, adapter("hot").path("version").asInt());
    server.awaitIdle();
    // replaced packages leave nothing behind, neither in memory nor on disk
    TestServer.await(
        "old versions to be gone",
        () -> {
          try (Stream<Path> files = Files.list(directory.resolve("adapters/packages"))) {
            return files.count() == variants + 1;
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
    assertEquals(5, server.registry.orElseThrow().list().size());
  }

  @Test
  void requestsOfARemovedAdapterFinishAndLaterOnesDoNotFindIt() throws Exception {
    assertEquals(201, server.upload(owner.pack("leaving", 1, owner.peft(1))).statusCode());
    String whole = text(ask("leaving", 400));
    HttpRequest streamed =
        HttpRequest.newBuilder(server.uri("/v1/completions"))
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    request("leaving", 400).replace("}", ",\"stream\":true}")))
            .build();
    HttpResponse<InputStream> running =
        server.http.send(streamed, HttpResponse.BodyHandlers.ofInputStream());
    StringBuilder received = new StringBuilder();
    StringBuilder text = new StringBuilder();
    // the first bytes are there: it runs
    received.append((char) running.body().read());
    HttpResponse<String> removed = server.delete("/v1/adapters/leaving");
    assertEquals(200, removed.statusCode());
    assertTrue(MAPPER.readTree(removed.body()).path("deleted").asBoolean());
    assertEquals(404, server.get("/v1/adapters/leaving").statusCode());
    HttpResponse<String> late = server.post("/v1/completions", request("leaving", 4));
    assertEquals(404, late.statusCode());
    assertEquals("model_not_found", MAPPER.readTree(late.body()).at("/error/code").asText());
    received.append(new String(running.body().readAllBytes()));
    String lastDigest = "";
    for (String line : received.toString().split("\n", -1)) {
      if (line.startsWith("data: {")) {
        JsonNode chunk = MAPPER.readTree(line.substring(6));
        assertFalse(chunk.has("error"), line);
        text.append(chunk.at("/choices/0/text").asText(""));
        if (chunk.has("tensafe")) {
          lastDigest = chunk.at("/tensafe/adapter_digest").asText();
        }
      }
    }
    assertEquals(whole, text.toString());
    assertEquals(64, lastDigest.length());
    server.awaitIdle();
    TestServer.await("it to be gone", () -> server.registry.orElseThrow().list().isEmpty());
    assertEquals(0, server.registry.orElseThrow().stats().residentBytes());
    assertEquals(404, server.delete("/v1/adapters/leaving").statusCode());
  }

  @Test
  void aRestartKeepsTheRegistryAndWhatItRemembers() throws Exception {
    server.upload(owner.pack("kept", 3, owner.peft(1)));
    HttpResponse<String> pinned =
        server.http.send(
            HttpRequest.newBuilder(server.uri("/v1/adapters?pinned=true"))
                .header("Content-Type", "application/octet-stream")
                .POST(HttpRequest.BodyPublishers.ofFile(owner.pack("pinned", 1, owner.peft(2))))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertEquals(201, pinned.statusCode());
    server.upload(owner.pack("removed", 1, owner.peft(3)));
    server.delete("/v1/adapters/removed");
    JsonNode before = ask("kept", 16);
    server.close();
    // an upload that was under way, and a file nobody knows
    Path adapters = directory.resolve("adapters");
    Files.writeString(adapters.resolve("incoming/half.part"), "x");
    Files.writeString(adapters.resolve("packages/" + "0".repeat(64) + ".tssp"), "x");
    server = open(1 << 20);
    JsonNode after = ask("kept", 16);
    assertEquals(text(before), text(after));
    assertEquals(digest(before), digest(after));
    assertTrue(adapter("pinned").path("pinned").asBoolean());
    TestServer.await(
        "the pinned one to load",
        () ->
            server
                .registry
                .orElseThrow()
                .find("pinned")
                .orElseThrow()
                .state()
                .name()
                .equals("RESIDENT"));
    assertEquals(404, server.get("/v1/adapters/removed").statusCode());
    try (Stream<Path> files = Files.list(adapters.resolve("packages"))) {
      assertEquals(2, files.count());
    }
    try (Stream<Path> files = Files.list(adapters.resolve("incoming"))) {
      assertEquals(0, files.count());
    }
    HttpResponse<String> old = server.upload(owner.pack("kept", 2, owner.peft(1)));
    assertEquals(409, old.statusCode());
    assertEquals("adapter_rollback", MAPPER.readTree(old.body()).at("/error/code").asText());
  }

  @Test
  void adaptersThatDoNotAllFitTakeTurnsInMemory() throws Exception {
    server.close();
    long one = bytesOfOne();
    server = open(2 * one + one / 2);
    int count = 9;
    Map<String, String> cold = new HashMap<>();
    for (int i = 0; i < count; i++) {
      String name = "a" + i;
      assertEquals(201, server.upload(owner.pack(name, 1, owner.peft(10 + i))).statusCode());
      cold.put(name, text(ask(name, 12)));
    }
    assertEquals(count, new HashSet<>(cold.values()).size());
    long evictionsBefore = server.registry.orElseThrow().stats().evictions();
    ExecutorService clients = Executors.newFixedThreadPool(12);
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      String name = "a" + (i * 5 % count);
      Callable<Void> task =
          () -> {
            assertEquals(cold.get(name), text(ask(name, 12)));
            return null;
          };
      running.add(clients.submit(task));
    }
    for (Future<?> future : running) {
      future.get();
    }
    clients.shutdown();
    var stats = server.registry.orElseThrow().stats();
    assertTrue(stats.evictions() > evictionsBefore);
    assertTrue(stats.residentBytes() <= stats.capacityBytes());
    assertEquals(0, stats.failedLoads());
    server.awaitIdle();
  }

  private long bytesOfOne() throws Exception {
    TestServer first = open(1 << 20);
    try {
      HttpResponse<String> up = first.upload(owner.pack("probe", 1, owner.peft(99)));
      first.delete("/v1/adapters/probe");
      return MAPPER.readTree(up.body()).path("memory_bytes").asLong();
    } finally {
      first.close();
    }
  }

  @Test
  void metricsNameABoundedNumberOfAdapters() {
    ServerMetrics metrics =
        new ServerMetrics("tiny", server.engine, Optional.empty(), Clock.systemUTC());
    for (int i = 0; i < 150; i++) {
      metrics.adapter(Optional.of("name-" + i));
    }
    Set<String> labels = labels(metrics);
    assertEquals(101, labels.size());
    assertTrue(labels.contains("_other"));
    metrics.adapters().forget("name-7");
    metrics.adapter(Optional.of("name-140"));
    assertTrue(labels(metrics).contains("name-140"));
    assertFalse(labels(metrics).contains("name-7"));
    assertTrue(metrics.scrape().contains("vllm:lora_requests_info{max_lora=\"64\""));
  }

  private static Set<String> labels(ServerMetrics metrics) {
    return Pattern.compile("adapter=\"([^\"]+)\"")
        .matcher(metrics.scrape())
        .results()
        .map(m -> m.group(1))
        .collect(Collectors.toSet());
  }

  @Test
  void trustThatIsWithdrawnEndsNewRequests() throws Exception {
    server.upload(owner.pack("doubted", 1, owner.peft(1)));
    String packageId = adapter("doubted").path("package_id").asText();
    JsonNode answer = ask("doubted", 8);
    assertNotEquals("", text(answer));
    new TrustDirectory(owner.trust).revokePackage(packageId);
    server.registry.orElseThrow().refreshTrust();
    HttpResponse<String> refused = server.post("/v1/completions", request("doubted", 4));
    assertEquals(503, refused.statusCode());
    JsonNode error = MAPPER.readTree(refused.body()).path("error");
    assertEquals("adapter_unavailable", error.path("code").asText());
    assertTrue(error.path("message").asText().contains("tssp.package_revoked"));
    assertEquals("unavailable", adapter("doubted").path("state").asText());
    assertEquals("tssp.package_revoked", adapter("doubted").path("reason").asText());
    JsonNode models = MAPPER.readTree(server.get("/v1/models").body()).path("data");
    assertEquals(1, models.size());
  }
}
