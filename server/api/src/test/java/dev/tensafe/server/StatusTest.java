package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.server.config.ApiKeyFile;
import dev.tensafe.server.config.ApiKeys.Scope;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What /v1/status says of a server that works, and how requests are ended. */
class StatusTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String SECRET = "xyzzy-never-shown";

  private static TestServer server;
  private static HeSetup host;
  private static String[] operator;
  private static String[] app;
  private static String appKey;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    Path model = directory.resolve("model");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    Path keys = directory.resolve("keys.json");
    ApiKeyFile file = new ApiKeyFile(keys);
    operator =
        key(file.add("operator", Set.of(Scope.METRICS, Scope.ADMIN, Scope.ADAPTERS, Scope.INFER)));
    appKey = file.add("app", Set.of(Scope.INFER));
    app = key(appKey);
    file.add("idle", Set.of(Scope.INFER, Scope.METRICS));
    AdapterOwner owner = new AdapterOwner(directory.resolve("owner"), model);
    host = HeSetup.unix(owner, directory);
    server =
        TestServer.withAdapters(
            model,
            keys,
            new TestServer.Adapters(
                directory.resolve("adapters"),
                owner,
                256 << 20,
                512,
                Optional.of(host.mode()),
                List.of()));
    Policy limited =
        new Policy(
            List.of("app", "operator"), OptionalLong.of(3000), OptionalLong.of(5000), false, false);
    upload(
        owner.pack(
            "plain",
            1,
            owner.peft(1),
            model,
            Mode.PLAIN,
            limited,
            owner.key,
            InstantSource.system()));
    Path encrypted = owner.packEncrypted("secret", 1, owner.peft(2));
    host.deliver(encrypted);
    upload(encrypted);
  }

  private static void upload(Path file) throws Exception {
    HttpResponse<String> answer = server.upload(file, operator);
    assertEquals(201, answer.statusCode(), answer.body());
  }

  @AfterAll
  static void stop() {
    server.close();
    host.close();
  }

  private static String[] key(String key) {
    return new String[] {"Authorization", "Bearer " + key};
  }

  private static JsonNode status() throws Exception {
    HttpResponse<String> answer = server.get("/v1/status", operator);
    assertEquals(200, answer.statusCode(), answer.body());
    assertFalse(answer.body().contains(SECRET), "text of a request is shown");
    assertFalse(answer.body().contains(appKey), "a key is shown");
    return MAPPER.readTree(answer.body());
  }

  private static String body(String model, int tokens, boolean stream) {
    return MAPPER
        .createObjectNode()
        .put("model", model)
        .put("prompt", SECRET + " and some more of it")
        .put("max_tokens", tokens)
        .put("ignore_eos", true)
        .put("stream", stream)
        .toString();
  }

  private static void complete(String model, int tokens) throws Exception {
    HttpResponse<String> answer = server.post("/v1/completions", body(model, tokens, false), app);
    assertEquals(200, answer.statusCode(), answer.body());
  }

  private static Iterator<String> stream(String path, String body, String id) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(server.uri(path))
            .headers(app)
            .header("X-Request-Id", id)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<Stream<String>> answer =
        server.http.send(request, HttpResponse.BodyHandlers.ofLines());
    assertEquals(200, answer.statusCode());
    return answer.body().iterator();
  }

  private static JsonNode entry(JsonNode list, String name, String value) {
    return StreamSupport.stream(list.spliterator(), false)
        .filter(e -> e.at(name).asText().equals(value))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + value + " in " + list));
  }

  @Test
  void countersFollowWhatIsAnswered() throws Exception {
    JsonNode before = status();
    complete("tiny", 7);
    JsonNode after = status();
    assertEquals(7, grown(before, after, "/tokens/generated"));
    assertEquals(1, grown(before, after, "/outputs/length"));
    assertEquals(1, grown(before, after, "/requests/begun"));
    assertTrue(grown(before, after, "/tokens/prompt") > 10);
    assertEquals(
        1, sum(after.at("/latency/whole/counts")) - sum(before.at("/latency/whole/counts")));
    assertEquals(
        6,
        sum(after.at("/latency/next_token/counts")) - sum(before.at("/latency/next_token/counts")));
    assertEquals(
        after.at("/latency/bounds_seconds").size() + 1, after.at("/latency/queue/counts").size());
    assertTrue(after.at("/steps/count").asLong() >= before.at("/steps/count").asLong() + 7);
    assertTrue(after.at("/steps/seconds/forward").asDouble() > 0);
    JsonNode mine = entry(after.at("/api_keys/data"), "/name", "app");
    JsonNode was = entry(before.at("/api_keys/data"), "/name", "app");
    assertEquals(7, mine.at("/generated_tokens").asLong() - was.at("/generated_tokens").asLong());
    assertEquals(1, mine.at("/requests").asLong() - was.at("/requests").asLong());
    assertTrue(mine.at("/last_used").asDouble() > 1e9);
    JsonNode idle = entry(after.at("/api_keys/data"), "/name", "idle");
    assertTrue(idle.at("/last_used").isNull());
    assertEquals("[\"infer\",\"metrics\"]", idle.at("/scopes").toString());
    assertTrue(after.at("/api_keys/required").asBoolean());
    assertEquals("operator", after.at("/caller/name").asText());
    assertEquals(4, after.at("/caller/scopes").size());
  }

  private static long grown(JsonNode before, JsonNode after, String pointer) {
    return after.at(pointer).asLong() - before.at(pointer).asLong();
  }

  private static long sum(JsonNode counts) {
    long sum = 0;
    for (JsonNode count : counts) {
      sum += count.asLong();
    }
    return sum;
  }

  @Test
  void adaptersAndTheirHosts() throws Exception {
    complete("plain", 5);
    complete("secret", 5);
    JsonNode now = status();
    JsonNode plain = entry(now.at("/adapters/data"), "/adapter/id", "plain");
    assertEquals("owner", plain.at("/issuer").asText());
    assertEquals(5000, plain.at("/budget/max_tokens_total").asLong());
    assertEquals(3000, plain.at("/budget/max_tokens_per_tenant_per_day").asLong());
    assertTrue(plain.at("/budget/used_tokens").asLong() >= 5);
    assertEquals("[\"app\",\"operator\"]", plain.at("/allowed_tenants").toString());
    JsonNode secret = entry(now.at("/adapters/data"), "/adapter/id", "secret");
    assertEquals("he", secret.at("/adapter/mode").asText());
    assertTrue(secret.at("/problem").isNull());
    assertTrue(secret.at("/budget/used_tokens").isNull());
    assertFalse(now.at("/adapter_hosts/embedded").asBoolean());
    JsonNode there = now.at("/adapter_hosts/data/0");
    assertEquals("connected", there.at("/state").asText());
    assertEquals(host.owner.adapterHost.publicKey().id().hex(), there.at("/key").asText());
    assertEquals(1, there.at("/adapters").asInt());
    assertTrue(there.at("/answers_checked").asLong() >= 5, there.toString());
    assertTrue(there.at("/session_seconds").asDouble() > 0);
    assertTrue(there.at("/keys_spare").asInt() > 0);
    assertTrue(there.at("/oldest_key_seconds").asDouble() > 0);
    assertEquals(0, now.at("/adapter_hosts/barred").size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/completions", "/v1/responses"})
  void aStreamThatRunsIsShownAndCanBeEnded(String path) throws Exception {
    String responses =
        "{\"model\":\"plain\",\"input\":\""
            + SECRET
            + "\",\"stream\":true,\"ignore_eos\":true,"
            + "\"max_output_tokens\":400}";
    boolean whole = path.endsWith("responses");
    String id = "run-" + (whole ? "r" : "c");
    Iterator<String> lines = stream(path, whole ? responses : body("plain", 400, true), id);
    String first = lines.next();
    JsonNode shown = entry(status().at("/requests/data"), "/id", id);
    assertEquals("running", shown.at("/state").asText());
    assertEquals("plain", shown.at("/model").asText());
    assertEquals("plain", shown.at("/mode").asText());
    assertEquals("app", shown.at("/tenant").asText());
    assertEquals(path, shown.at("/route").asText());
    assertTrue(shown.at("/stream").asBoolean());
    assertTrue(shown.at("/generated_tokens").asInt() > 0);
    assertTrue(shown.at("/prompt_tokens").asInt() > 0);
    assertTrue(shown.at("/age_seconds").asDouble() > 0);
    String name = id;
    if (!whole) {
      name = MAPPER.readTree(first.substring("data: ".length())).at("/id").asText();
      assertTrue(name.startsWith("cmpl-"), name);
    }
    HttpResponse<String> ended = server.post("/v1/requests/" + name + "/cancel", "", operator);
    assertEquals(200, ended.statusCode(), ended.body());
    assertEquals(1, MAPPER.readTree(ended.body()).at("/cancelled").asInt());
    List<String> rest = new ArrayList<>();
    lines.forEachRemaining(rest::add);
    String last =
        rest.stream().filter(l -> l.contains("has cancelled the request")).findFirst().orElse("");
    assertTrue(last.startsWith("data: "), rest.toString());
    server.awaitIdle();
    TestServer.await("it to be gone", () -> open() == 0);
    assertTrue(status().at("/outputs/cancelled").asInt() >= 1);
    assertEquals(404, server.post("/v1/requests/" + name + "/cancel", "", operator).statusCode());
  }

  private static int open() {
    try {
      return status().at("/requests/open").asInt();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Its client gets an error that clients do not try again by themselves. */
  @Test
  void anAnswerInOnePieceIsEnded() throws Exception {
    String[] named = {app[0], app[1], "X-Request-Id", "whole"};
    CompletableFuture<HttpResponse<String>> running =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return server.post("/v1/completions", body("tiny", 3000, false), named);
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    TestServer.await(
        "it to run",
        () -> {
          try {
            return server.post("/v1/requests/whole/cancel", "", operator).statusCode() == 200;
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
    HttpResponse<String> answer = running.get();
    assertEquals(403, answer.statusCode(), answer.body());
    assertEquals("request_cancelled", MAPPER.readTree(answer.body()).at("/error/code").asText());
    server.awaitIdle();
  }

  @Test
  void whoMayNotLookOrEnd() throws Exception {
    assertEquals(401, server.get("/v1/status").statusCode());
    assertEquals(403, server.get("/v1/status", app).statusCode());
    assertEquals(403, server.post("/v1/requests/any/cancel", "", app).statusCode());
    assertEquals(404, server.post("/v1/requests/any/cancel", "", operator).statusCode());
  }
}
