package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.he.Profile;
import dev.tensafe.he.client.LinkConfig;
import dev.tensafe.owner.host.HostSpans;
import dev.tensafe.server.config.ApiKeyFile;
import dev.tensafe.server.config.ApiKeys;
import dev.tensafe.testkit.OtlpReceiver;
import dev.tensafe.tracing.Tracing;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A thousand requests with marks in everything that is a client's, and answers that are marks
 * themselves, while every logger is at its most verbose. None is found in what operators see, and
 * in no error body but, where the docs say so, that of the request it came with.
 */
class LeakTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int REQUESTS = 1_000;
  private final Map<String, Integer> outcomes = new TreeMap<>();
  @TempDir Path dir;
  private LeakSearch leaks;

  @BeforeEach
  void listen() throws Exception {
    leaks = new LeakSearch(dir);
  }

  @AfterEach
  void quiet() {
    leaks.close();
  }

  private ObjectNode chat(String model, LeakSearch.Marks m, boolean stream) {
    ObjectNode body = MAPPER.createObjectNode().put("model", model).put("max_tokens", 30);
    body.put("stream", stream).put("user", m.in("user"));
    var messages = body.putArray("messages");
    messages.addObject().put("role", "system").put("content", "Be " + m.in("system prompt"));
    messages.addObject().put("role", "user").put("content", "Say " + m.in("prompt") + " now");
    return body;
  }

  private record Asked(String path, String body, String... headers) {}

  private String key;
  private String metricsKey;
  private String adaptersKey;

  /** A request of one of many kinds, right or wrong. */
  private Asked request(int i, LeakSearch.Marks m) {
    Random random = m.random;
    boolean stream = random.nextBoolean();
    String[] models = {"tiny", "mine", "secret"};
    String model = random.nextInt(10) == 0 ? models[2] : models[random.nextInt(2)];
    ObjectNode body = chat(model, m, stream);
    String path = "/v1/chat/completions";
    switch (i % 25) {
      case 0, 1, 2, 3, 4, 5 -> body.put("guided_regex", LeakSearch.ANSWER_FORM);
      case 6 -> {
        var function = body.putArray("tools").addObject().put("type", "function");
        ObjectNode declared = function.putObject("function").put("name", m.in("tool"));
        declared.put("description", m.in("tool's description"));
        ObjectNode schema = declared.putObject("parameters").put("type", "object");
        schema.putObject("properties").putObject(m.in("property")).put("type", "string");
        body.put("tool_choice", random.nextBoolean() ? "required" : "auto");
      }
      case 7 -> {
        ObjectNode format = body.putObject("response_format").put("type", "json_schema");
        ObjectNode inner = format.putObject("json_schema").put("name", m.in("schema's name"));
        ObjectNode schema = inner.putObject("schema").put("type", "object");
        schema
            .putObject("properties")
            .putObject(m.in("property"))
            .putArray("enum")
            .add(m.in("value"))
            .add(m.in("value"));
      }
      case 8 -> {
        ObjectNode format = body.putObject("response_format").put("type", "json_schema");
        ObjectNode inner = format.putObject("json_schema").put("name", "x");
        inner.putObject("schema").put("type", m.in("bad schema")).put("pattern", m.in("pattern"));
      }
      case 9, 10, 11 -> {
        path = "/v1/completions";
        body.remove("messages");
        body.put("prompt", "Once " + m.in("prompt")).put("guided_regex", LeakSearch.ANSWER_FORM);
        body.put("echo", random.nextInt(4) == 0).putArray("stop").add(m.in("stop"));
        if (body.path("echo").asBoolean()) {
          body.remove("guided_regex");
        }
      }
      case 12 -> {
        path = "/v1/messages";
        body = MAPPER.createObjectNode().put("model", model).put("max_tokens", 20);
        body.put("stream", stream).put("system", m.in("system prompt"));
        body.putArray("messages").addObject().put("role", "user").put("content", m.in("prompt"));
      }
      case 13 -> {
        path = "/v1/responses";
        body = MAPPER.createObjectNode().put("model", model).put("max_output_tokens", 20);
        body.put("stream", stream).put("instructions", m.in("instructions"));
        body.put("input", m.in("prompt"));
      }
      case 14 -> body.put("model", m.in("unknown model"));
      case 15 -> body.put(m.in("unknown field"), m.in("value")).put("temperature", m.in("value"));
      case 16 -> {
        return new Asked(path, "{\"model\": \"tiny\", \"messages\": [" + m.in("bad JSON"));
      }
      case 17 -> {
        path = random.nextBoolean() ? "/tokenize" : "/v1/messages/count_tokens";
        body = MAPPER.createObjectNode().put("model", model);
        if (path.equals("/tokenize")) {
          body.put("prompt", m.in("prompt"));
        } else {
          body.putArray("messages").addObject().put("role", "user").put("content", m.in("prompt"));
        }
      }
      case 18 ->
          body.put("prompt_" + m.in("field"), 1).put("guided_grammar", "root ::= " + m.in("g"));
      case 19 -> {
        return new Asked(
            "/v1/" + m.in("path") + "?q=" + m.in("query"),
            body.toString(),
            "x-" + m.in("header"),
            m.in("header value"));
      }
      case 20 -> {
        return new Asked(path, body.toString(), "Authorization", "Bearer " + m.in("key"));
      }
      case 21 -> {
        return new Asked(path, body.toString(), "x-api-key", m.in("key"), "traceparent", m.in("t"));
      }
      case 22 -> {
        body.putArray("messages").addObject().put("role", m.in("role")).put("content", m.in("c"));
      }
      case 23 -> body.put("max_tokens", 4000).put("cache_salt", m.in("salt") + m.in("salt"));
      default -> {
        // too long for the context
        body.putArray("messages")
            .addObject()
            .put("role", "user")
            .put("content", (m.in("prompt") + " ").repeat(600));
      }
    }
    return new Asked(path, body.toString());
  }

  private void remember(String body) {
    // of a stream, letters come one by one
    StringBuilder text = new StringBuilder(body);
    body.lines()
        .filter(line -> line.startsWith("data: {"))
        .forEach(line -> text.append(piece(line.substring("data: ".length()))));
    leaks.remember(text.toString());
  }

  private static String piece(String json) {
    try {
      JsonNode choice = MAPPER.readTree(json).at("/choices/0");
      return choice.at("/delta/content").asText() + choice.path("text").asText();
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  private void ask(TestServer server, int i, long seed) throws Exception {
    LeakSearch.Marks m = leaks.marks(seed + i);
    Asked asked = request(i, m);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.uri(asked.path()))
            .setHeader("Content-Type", "application/json")
            .setHeader("Authorization", "Bearer " + key)
            .setHeader("User-Agent", m.in("agent"))
            .POST(HttpRequest.BodyPublishers.ofString(asked.body()));
    for (int h = 0; h < asked.headers().length; h += 2) {
      request.setHeader(asked.headers()[h], asked.headers()[h + 1]);
      if (asked.headers()[h].equals("x-api-key")) {
        request.setHeader("Authorization", "Basic " + m.in("key"));
      }
    }
    HttpResponse<String> answer =
        server.http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    String kind = asked.path().replaceAll("mk.*", "…") + " " + answer.statusCode();
    synchronized (outcomes) {
      outcomes.merge(kind, 1, Integer::sum);
    }
    if (answer.statusCode() == 200) {
      remember(answer.body());
    } else {
      leaks.search("the error body of " + kind, answer.body(), m.own);
    }
    answer
        .headers()
        .map()
        .forEach((name, values) -> leaks.search("a header", name + values, Set.of()));
  }

  /** Packages that are refused, each with marks; and routes with names of adapters. */
  private void otherRoutes(TestServer server, AdapterOwner stranger, int i, long seed)
      throws Exception {
    LeakSearch.Marks m = leaks.marks(seed + 100_000 + i);
    String[] headers = {"Authorization", "Bearer " + adaptersKey};
    Path file;
    if (i % 2 == 0) {
      String name = m.in("bad package's name");
      file = stranger.pack(name, 1, stranger.peft(3));
    } else {
      file = dir.resolve("bad-" + i + ".tssp");
      Files.writeString(file, m.in("bad package").repeat(300));
    }
    HttpResponse<String> refused = server.upload(file, headers);
    assertTrue(refused.statusCode() >= 400, refused.body());
    leaks.search("the error body of an upload", refused.body(), m.own);
    for (HttpResponse<String> answer :
        List.of(
            server.get("/v1/adapters/" + m.in("path"), headers),
            server.delete("/v1/adapters/" + m.in("path"), headers),
            server.get("/v1/models/" + m.in("path"), "Authorization", "Bearer " + key),
            server.get("/metrics?" + m.in("query"), "Authorization", "Bearer " + m.in("key")),
            server.get("/" + m.in("path"), "Cookie", m.in("cookie")))) {
      assertTrue(answer.statusCode() >= 400, answer.statusCode() + answer.body());
      leaks.search("the error body of " + answer.request().method(), answer.body(), m.own);
    }
  }

  @Test
  void nothingOfAClientsIsInWhatOperatorsSee() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Path model = TestServer.model(dir);
    AdapterOwner owner = new AdapterOwner(dir.resolve("owner"), model);
    AdapterOwner stranger = new AdapterOwner(dir.resolve("stranger"), model);
    Path keys = dir.resolve("keys.json");
    LeakSearch.Marks tenants = leaks.marks(seed);
    String tenant = tenants.in("tenant's name");
    key = new ApiKeyFile(keys).add(tenant, Set.of(ApiKeys.Scope.INFER));
    metricsKey = new ApiKeyFile(keys).add("watch", Set.of(ApiKeys.Scope.METRICS));
    adaptersKey = new ApiKeyFile(keys).add("ops", Set.of(ApiKeys.Scope.ADAPTERS));
    LinkConfig link = HeSetup.quick(Profile.FAST, 30_000).withTraces(true);
    String watched;
    try (OtlpReceiver receiver = OtlpReceiver.start();
        Tracing theirs = TestServer.tracing(receiver, "tensafe-adapter-host");
        HeSetup host = HeSetup.unix(owner, dir)) {
      host.host.traceWith(HostSpans.of(theirs));
      try (TestServer server =
          TestServer.traced(
              model,
              keys,
              new TestServer.Adapters(
                  dir.resolve("adapters"),
                  owner,
                  256 << 20,
                  512,
                  Optional.of(host.mode(link, null)),
                  List.of()),
              receiver)) {
        String[] ops = {"Authorization", "Bearer " + adaptersKey};
        assertEquals(201, server.upload(owner.pack("mine", 1, owner.peft(2)), ops).statusCode());
        Path encrypted = owner.packEncrypted("secret", 1, owner.peft(2));
        host.deliver(encrypted);
        assertEquals(201, server.upload(encrypted, ops).statusCode());
        ExecutorService clients = Executors.newFixedThreadPool(8);
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
          int n = i;
          all.add(
              clients.submit(
                  () -> {
                    ask(server, n, seed);
                    return null;
                  }));
        }
        for (Future<?> one : all) {
          one.get();
        }
        clients.shutdown();
        for (int i = 0; i < 20; i++) {
          otherRoutes(server, stranger, i, seed);
        }
        String[] watch = {"Authorization", "Bearer " + metricsKey};
        watched =
            server.get("/metrics", watch).body()
                + server
                    .get(
                        "/metrics",
                        "Authorization",
                        "Bearer " + metricsKey,
                        "Accept",
                        "application/openmetrics-text; version=1.0.0")
                    .body()
                + server.get("/v1/status", watch).body();
        assertTrue(watched.contains("tensafe_"), watched);
        receiver.await("a request", s -> s.name().startsWith("chat"));
      }
      theirs.close();
      // labels of tenants are names, as METRICS.md says; spans and lines have none
      leaks.search("metrics or status", watched, Set.of(tenant));
      leaks.search(receiver);
      assertTrue(receiver.spans().size() > REQUESTS, receiver.spans().size() + " spans");
    }
    String logged = leaks.lines();
    leaks.search("a line of the log", logged, Set.of());
    for (String secret : List.of(key, metricsKey, adaptersKey)) {
      assertTrue(!logged.contains(secret) && !watched.contains(secret), "a key is shown");
    }
    System.out.println(
        outcomes
            + "; "
            + leaks.answers()
            + " answers, "
            + leaks.size()
            + " marks, "
            + logged.lines().count()
            + " lines");
    assertEquals(Map.of(), leaks.leaks());
    // it did look: at lines of every level, answers of every kind, and right and wrong requests
    assertTrue(leaks.answers() > 150, leaks.answers() + " answers were marks");
    assertTrue(logged.contains("\"level\":\"FINE\"") && logged.contains("AccessLog"), "levels");
    assertTrue(outcomes.keySet().stream().anyMatch(o -> o.endsWith(" 401")), outcomes.toString());
    assertTrue(outcomes.keySet().stream().anyMatch(o -> o.endsWith(" 400")), outcomes.toString());
    String planted = leaks.any();
    leaks.search("a planted line", "x" + planted + "x", Set.of());
    assertEquals(1, leaks.leaks().size());
  }
}
