package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.he.Profile;
import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.he.host.EmbeddedHost;
import dev.tensafe.he.host.HostLimits;
import dev.tensafe.he.host.TokenMeter;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.server.config.ApiKeyFile;
import dev.tensafe.server.config.ApiKeys.Scope;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Answers of one real server, good and bad, are what docs/api/openapi.yaml says. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OpenApiAnswersTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String TEXT = "/v1/completions";
  private static final String MESSAGES = "/v1/messages";
  private static final String COUNT = "/v1/messages/count_tokens";
  private static final String RESPONSES = "/v1/responses";
  private static final List<String> BODIES =
      List.of(CHAT, TEXT, RESPONSES, MESSAGES, COUNT, "/tokenize", "/detokenize");
  private static final ApiSpec SPEC = ApiSpec.read("openapi.yaml");
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final RecordedAnswers RECORD = new RecordedAnswers(SPEC);

  private static AdapterOwner owner;
  private static Path base;
  private static TestServer server;
  private static String[] all;
  private static String[] nobody;
  private static String[] infer;
  private static String[] metrics;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    base = directory.resolve("model");
    SyntheticModel.write(base, TestServer.shape(), DType.F32, 5);
    Path keys = directory.resolve("keys.json");
    all = key(new ApiKeyFile(keys).add("all", Set.of(Scope.values())));
    nobody = key("tsk-unknown");
    infer = key(new ApiKeyFile(keys).add("infer", Set.of(Scope.INFER)));
    metrics = key(new ApiKeyFile(keys).add("metrics", Set.of(Scope.METRICS)));
    owner = new AdapterOwner(Files.createDirectories(directory.resolve("owner")), base);
    owner.embedBoth();
    TestServer.EncryptedModeFactory mode =
        (key, projections, layers) ->
            EncryptedAdapters.embedded(
                key,
                projections,
                layers,
                HeSetup.quick(Profile.FAST, 5_000),
                new EmbeddedHost(
                    new AdapterHost(
                        key, TokenMeter.embedded(InstantSource.system()), HostLimits.standard())));
    server =
        TestServer.withAdapters(
            base,
            keys,
            new TestServer.Adapters(
                directory.resolve("adapters"),
                owner,
                64L << 20,
                512,
                Optional.of(mode),
                List.of()));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String[] key(String key) {
    return new String[] {"Authorization", "Bearer " + key, "Origin", "https://example.org"};
  }

  private static void post(String path, int status, String body) throws Exception {
    RECORD.check("POST " + path, status, server.post(path, body.replace('\'', '"'), all));
  }

  private static void upload(int status, Path file) throws Exception {
    RECORD.check("POST /v1/adapters", status, server.upload(file, all));
  }

  private static Path pack(String name, long version, Mode mode, Policy policy, SigningKey signer)
      throws Exception {
    return owner.pack(
        name, version, owner.peft(1), base, mode, policy, signer, InstantSource.system());
  }

  private static Path file(String name, byte[] bytes) throws Exception {
    return Files.write(owner.directory.resolve(name), bytes);
  }

  @Test
  @Order(1)
  void uploads() throws Exception {
    List<Socket> stalled = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      stalled.add(new Socket("127.0.0.1", server.uri("").getPort()));
      stalled.get(i).setSoTimeout(30_000);
      OutputStream out = stalled.get(i).getOutputStream();
      out.write(
          ("POST /v1/adapters HTTP/1.1\r\nHost: x\r\nAuthorization: "
                  + all[1]
                  + "\r\nContent-Length: 100\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
    }
    Path good = pack("bard", 2, Mode.PLAIN, Policy.NONE, owner.key);
    HttpResponse<String> fifth;
    do {
      // the four may not have been heard of yet
      fifth = server.upload(file("junk", new byte[100]), all);
    } while (fifth.statusCode() == 400);
    RECORD.check("POST /v1/adapters", 429, fifth);
    for (Socket socket : stalled) {
      checkStalled(socket);
    }
    upload(400, file("junk", new byte[100]));
    HttpRequest unbounded =
        HttpRequest.newBuilder(server.uri("/v1/adapters"))
            .headers(all)
            .header("Content-Type", "multipart/form-data")
            .POST(HttpRequest.BodyPublishers.ofString("a"))
            .build();
    RECORD.check(
        "POST /v1/adapters",
        400,
        server.http.send(unbounded, HttpResponse.BodyHandlers.ofString()));
    upload(201, good);
    upload(200, good);
    upload(409, pack("bard", 1, Mode.PLAIN, Policy.NONE, owner.key));
    upload(409, pack("bard", 2, Mode.PLAIN, Policy.NONE, owner.key));
    upload(409, pack("tiny", 1, Mode.PLAIN, Policy.NONE, owner.key));
    upload(201, pack("sealed", 1, Mode.HE, Policy.NONE, owner.key));
    Policy attested =
        new Policy(List.of(), OptionalLong.empty(), OptionalLong.empty(), true, false);
    upload(400, pack("attested", 1, Mode.PLAIN, attested, owner.key));
    SigningKey stranger = SigningKey.generate(new SecureRandom());
    upload(403, pack("stranger", 1, Mode.PLAIN, Policy.NONE, stranger));
    Policy others =
        new Policy(List.of("other"), OptionalLong.empty(), OptionalLong.empty(), false, false);
    upload(201, pack("theirs", 1, Mode.PLAIN, others, owner.key));
    Policy few = new Policy(List.of(), OptionalLong.empty(), OptionalLong.of(5), false, false);
    upload(201, pack("few", 1, Mode.PLAIN, few, owner.key));
    byte[] bytes = Files.readAllBytes(good);
    bytes[bytes.length - 10] ^= 1;
    upload(400, file("altered", bytes));
    upload(413, file("large", new byte[(4 << 20) + 1]));
    RECORD.check("POST /v1/adapters", 415, server.post("/v1/adapters", "{}", all));
    form(400, "");
    form(400, part("a") + part("b"));
    HttpRequest odd =
        HttpRequest.newBuilder(server.uri("/v1/adapters?pinned=maybe"))
            .headers(all)
            .POST(HttpRequest.BodyPublishers.ofFile(good))
            .build();
    RECORD.check(
        "POST /v1/adapters", 400, server.http.send(odd, HttpResponse.BodyHandlers.ofString()));
  }

  private static void checkStalled(Socket socket) throws Exception {
    StringBuilder answer = new StringBuilder();
    while (!answer.toString().endsWith("}}")) {
      int next = socket.getInputStream().read();
      assertTrue(next >= 0, answer.toString());
      answer.append((char) next);
    }
    socket.close();
    assertTrue(answer.toString().startsWith("HTTP/1.1 408 "), answer.toString());
    JsonNode error = MAPPER.readTree(answer.substring(answer.indexOf("\r\n\r\n")));
    String schema = "/components/responses/UploadStalled/content/application~1json/schema";
    assertEquals(List.of(), SPEC.errors(schema, error));
    RECORD.codes.add(error.at("/error/code").asText());
  }

  private static String part(String name) {
    return "--frontier\r\nContent-Disposition: form-data; name=\""
        + name
        + "\"; filename=\"f\"\r\nContent-Type: application/octet-stream\r\n\r\nx\r\n";
  }

  private static void form(int status, String parts) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(server.uri("/v1/adapters"))
            .headers(all)
            .header("Content-Type", "multipart/form-data; boundary=frontier")
            .POST(HttpRequest.BodyPublishers.ofString(parts + "--frontier--\r\n"))
            .build();
    RECORD.check(
        "POST /v1/adapters",
        status,
        server.http.send(request, HttpResponse.BodyHandlers.ofString()));
  }

  @Test
  @Order(2)
  void completions() throws Exception {
    String hello = "'messages':[{'role':'user','content':'hi'}],'max_tokens':3";
    for (String stream : List.of("", ",'stream':true")) {
      for (String model : List.of("tiny", "bard", "tiny:bard", "sealed")) {
        post(CHAT, 200, "{'model':'" + model + "'," + hello + stream + "}");
        post(TEXT, 200, "{'model':'" + model + "','prompt':'a','max_tokens':3" + stream + "}");
      }
      String usage = stream.isEmpty() ? "" : stream + ",'stream_options':{'include_usage':true}";
      post(
          CHAT,
          200,
          "{'model':'tiny','logprobs':true,'top_logprobs':3,'n':2," + hello + usage + "}");
      post(
          TEXT,
          200,
          "{'model':'tiny','prompt':['ab',[1,2]],'echo':true,'logprobs':2,'max_tokens':2"
              + usage
              + "}");
      post(TEXT, 200, "{'model':'tiny','prompt':[1],'echo':true,'max_tokens':0" + stream + "}");
    }
    for (String path : List.of(CHAT, TEXT)) {
      String body = path.equals(CHAT) ? hello : "'prompt':'a','max_tokens':3";
      post(path, 400, "{");
      RECORD.check("POST " + path, 400, server.post(path, new byte[] {'"', (byte) 0xff, '"'}, all));
      post(path, 400, "{'model':'tiny'}");
      post(path, 400, "{'model':'\\ud83d'}");
      post(path, 400, "{'model':7}");
      post(path, 400, "{'model':'tiny'," + body + ",'n':0}");
      post(path, 200, "{'model':'tiny'," + body + ",'response_format':{'type':'json_object'}}");
      post(path, 400, "{'model':'tiny'," + body + ",'stop_regex':'a'}");
      String remote = "{'$ref':'http://example.org/schema'}";
      post(path, 400, "{'model':'tiny'," + body + ",'guided_json':" + remote + "}");
      post(path, 400, "{'model':'tiny'," + body.replace("3", "5000") + "}");
      post(path, 403, "{'model':'theirs'," + body + "}");
      post(path, 404, "{'model':'nothing'," + body + "}");
      post(path, 429, "{'model':'few'," + body.replace("3", "9") + "}");
    }
  }

  @Test
  @Order(2)
  void messagesAndResponses() throws Exception {
    String messages = "'messages':[{'role':'user','content':'hi'}],'max_tokens':3";
    Map<String, String> bodies =
        Map.of(MESSAGES, messages, RESPONSES, "'input':'hi','max_output_tokens':3");
    for (Map.Entry<String, String> entry : bodies.entrySet()) {
      String path = entry.getKey();
      String body = entry.getValue();
      for (String model : List.of("tiny", "bard", "sealed")) {
        for (String stream : List.of("", ",'stream':true")) {
          post(path, 200, "{'model':'" + model + "'," + body + stream + "}");
        }
      }
      post(path, 400, "{'model':'tiny'}");
      post(path, 400, "{'model':'tiny'," + body.replace("3", "5000") + "}");
      post(path, 403, "{'model':'theirs'," + body + "}");
      post(path, 404, "{'model':'nothing'," + body + "}");
      post(path, 429, "{'model':'few'," + body.replace("3", "9") + "}");
    }
    post(COUNT, 200, "{'model':'tiny'," + messages + "}");
    post(COUNT, 400, "{'model':'tiny'}");
    post(COUNT, 404, "{'model':'nothing'," + messages + "}");
  }

  @Test
  @Order(3)
  void settingsThatLeaveNoToken() throws Exception {
    List<Integer> all = IntStream.range(0, 300).boxed().toList();
    String asked =
        "{'model':'tiny','prompt':'a','max_tokens':3,'min_tokens':2,'stop_token_ids':" + all + "}";
    post(TEXT, 400, asked);
    assertTrue(RECORD.codes.contains("engine.no_token_fits"));
  }

  @Test
  @Order(3)
  void tokens() throws Exception {
    post("/tokenize", 200, "{'prompt':'hello'}");
    post("/tokenize", 200, "{'messages':[{'role':'user','content':'a'}]}");
    post("/tokenize", 400, "{}");
    post("/tokenize", 400, "{'prompt':'\\ud83d'}");
    post("/tokenize", 400, "{'prompt':'a','add_special_tokens':1}");
    post("/detokenize", 200, "{'tokens':[1,2]}");
    post("/detokenize", 400, "{}");
    post("/detokenize", 400, "{'tokens':[300]}");
  }

  @Test
  @Order(4)
  void whatIsServed() throws Exception {
    get("/v1/models", "/v1/models", 200);
    get("/v1/models/{id}", "/v1/models/tiny", 200);
    get("/v1/models/{id}", "/v1/models/bard", 200);
    get("/v1/models/{id}", "/v1/models/some/body", 404);
    get("/v1/adapters", "/v1/adapters", 200);
    get("/v1/adapters/{name}", "/v1/adapters/bard", 200);
    get("/v1/adapters/{name}", "/v1/adapters/sealed", 200);
    get("/v1/adapters/{name}", "/v1/adapters/none", 404);
    for (String path : List.of("/health", "/ready", "/version", "/openapi.json", "/metrics")) {
      get(path, path, 200);
    }
    get("/v1/status", "/v1/status", 200);
    List<String> open = new ArrayList<>(List.of(all));
    open.addAll(List.of("Accept", "application/openmetrics-text"));
    RECORD.check("GET /metrics", 200, server.get("/metrics", open.toArray(new String[0])));
    get("/", "/", 200);
    for (String file : List.of("js/main.js", "css/base.css", "icon.svg")) {
      get("/console/{path}", "/console/" + file, 200);
    }
    get("/console/{path}", "/console/none.js", 404);
    RECORD.check("DELETE /v1/adapters/{name}", 200, server.delete("/v1/adapters/sealed", all));
    RECORD.check("DELETE /v1/adapters/{name}", 404, server.delete("/v1/adapters/sealed", all));
    HttpResponse<String> unknown = server.get("/nothing", all);
    assertEquals(404, unknown.statusCode());
    RECORD.check("any other", "/components/responses/UnknownUrl", unknown);
    for (HttpResponse<String> wrong :
        List.of(server.get(CHAT, all), server.delete("/health", all))) {
      assertEquals(405, wrong.statusCode());
      RECORD.check("any other", "/components/responses/MethodNotAllowed", wrong);
    }
  }

  @Test
  @Order(4)
  void requestsThatAreEnded() throws Exception {
    String cancel = "POST /v1/requests/{id}/cancel";
    RECORD.check(cancel, 404, server.post("/v1/requests/none/cancel", "", all));
    String body =
        "{'model':'bard','messages':[{'role':'user','content':'hi'}],'max_tokens':2000,"
            + "'ignore_eos':true}";
    String[] named = {all[0], all[1], all[2], all[3], "X-Request-Id", "long"};
    CompletableFuture<HttpResponse<String>> running =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return server.post(CHAT, body.replace('\'', '"'), named);
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    HttpResponse<String> ended;
    do {
      get("/v1/status", "/v1/status", 200);
      ended = server.post("/v1/requests/long/cancel", "", all);
    } while (ended.statusCode() == 404);
    RECORD.check(cancel, 200, ended);
    RECORD.check("POST " + CHAT, 403, running.get());
  }

  @Test
  @Order(4)
  void aPathThatCannotBeDecodedGetsTheErrorObject() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", server.uri("").getPort())) {
      socket.setSoTimeout(30_000);
      String head = "GET /v1/models/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readAllBytes();
      String text = new String(answer, StandardCharsets.US_ASCII);
      assertTrue(text.startsWith("HTTP/1.1 400 ") && text.contains("invalid_request_target"), text);
    }
  }

  private static void get(String operation, String path, int status) throws Exception {
    RECORD.check("GET " + operation, status, server.get(path, all));
  }

  /** Without a key, with an unknown one, and with keys whose scopes do not suffice. */
  @Test
  @Order(5)
  void scopesAreThoseOfTheDocument() throws Exception {
    for (Map.Entry<String, String> operation : SPEC.operations().entrySet()) {
      Set<String> scopes = new TreeSet<>();
      JsonNode security = SPEC.at(operation.getValue()).path("security");
      security.forEach(s -> s.path("apiKey").forEach(scope -> scopes.add(scope.asText())));
      if (scopes.isEmpty()) {
        assertTrue(security.isArray(), operation.getKey());
        assertTrue(send(operation.getKey()).statusCode() < 300, operation.getKey());
        continue;
      }
      RECORD.check(operation.getKey(), 401, send(operation.getKey()));
      RECORD.check(operation.getKey(), 401, send(operation.getKey(), nobody));
      check(operation.getKey(), scopes.contains("infer"), infer);
      check(operation.getKey(), scopes.contains("metrics"), metrics);
    }
  }

  private static void check(String operation, boolean allowed, String[] key) throws Exception {
    HttpResponse<String> answer = send(operation, key);
    if (allowed) {
      assertTrue(answer.statusCode() != 401 && answer.statusCode() != 403, operation);
    } else {
      RECORD.check(operation, 403, answer);
    }
  }

  private static HttpResponse<String> send(String operation, String... headers) throws Exception {
    String[] parts = operation.split(" ");
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                server.uri(parts[1].replace("{path}", "js/main.js").replaceAll("[{}]", "")))
            .method(parts[0], HttpRequest.BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    return server.http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  @Order(6)
  void bodiesThatAreRefusedUnread() throws Exception {
    for (String path : BODIES) {
      HttpRequest form =
          HttpRequest.newBuilder(server.uri(path))
              .headers(all)
              .header("Content-Type", "text/plain")
              .POST(HttpRequest.BodyPublishers.ofString("a"))
              .build();
      RECORD.check(
          "POST " + path, 415, server.http.send(form, HttpResponse.BodyHandlers.ofString()));
      RECORD.check("POST " + path, 413, server.post(path, new byte[(2 << 20) + 1], all));
    }
  }

  @Test
  @Order(7)
  void preflightsAreAsDescribed() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(server.uri(CHAT))
            .header("Origin", "https://example.org")
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "authorization")
            .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
            .build();
    HttpResponse<String> answer = server.http.send(request, HttpResponse.BodyHandlers.ofString());
    assertEquals(204, answer.statusCode());
    for (String name : List.of("origin", "methods", "headers")) {
      assertTrue(answer.headers().firstValue("access-control-allow-" + name).isPresent(), name);
    }
    assertEquals(403, server.get("/health", "Origin", "https://elsewhere.example").statusCode());
  }

  @Test
  @Order(8)
  void aServerThatStops() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(server.uri(CHAT))
            .headers(all)
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    ("{'model':'tiny','messages':[{'role':'user','content':'hi'}],'stream':true,"
                            + "'max_tokens':4000,'ignore_eos':true}")
                        .replace('\'', '"')))
            .build();
    HttpResponse<Stream<String>> running =
        server.http.send(request, HttpResponse.BodyHandlers.ofLines());
    Iterator<String> lines = running.body().iterator();
    assertTrue(lines.next().startsWith("data: "));
    server.engine.close();
    String error = "";
    while (lines.hasNext()) {
      String line = lines.next();
      error = line.contains("\"error\"") ? line.substring("data: ".length()) : error;
    }
    JsonNode event = MAPPER.readTree(error);
    assertEquals(List.of(), SPEC.errors("/components/schemas/ChatCompletionEvent", event));
    RECORD.codes.add(event.at("/error/code").asText());
    get("/ready", "/ready", 503);
    for (String path : BODIES) {
      post(path, 503, "{}");
    }
    upload(503, file("late", new byte[10]));
    RECORD.check("DELETE /v1/adapters/{name}", 503, server.delete("/v1/adapters/bard", all));
  }

  @Test
  @Order(9)
  void everyAnswerAndCodeOccurredOrCannot() {
    Set<String> statuses = new TreeSet<>();
    SPEC.operations()
        .forEach(
            (operation, pointer) ->
                SPEC.at(pointer)
                    .path("responses")
                    .properties()
                    .forEach(
                        e -> {
                          String at = SPEC.resolve(pointer + "/responses/" + e.getKey());
                          SPEC.at(at)
                              .path("content")
                              .fieldNames()
                              .forEachRemaining(
                                  type -> statuses.add(operation + " " + e.getKey() + " " + type));
                        }));
    statuses.removeAll(RECORD.answers);
    // by their codes: the server fails, or takes ten minutes
    statuses.removeIf(s -> s.matches(".* (500|504|507) .*"));
    statuses.remove("POST /v1/adapters 408 application/json");
    // many requests must wait; BoundedWorkTest has them
    statuses.removeIf(s -> s.matches("POST /((de)?tokenize|v1/messages/count_tokens) 429 .*"));
    assertEquals(Set.of(), statuses, "documented and never answered");

    Set<String> missing = new TreeSet<>();
    SPEC.root().path("x-error-codes").fieldNames().forEachRemaining(missing::add);
    missing.removeAll(RECORD.codes);
    assertEquals(UnreachedCodes.REASONS.keySet(), missing, "neither produced nor excused");
    assertTrue(RECORD.headers.contains("access-control-allow-origin"));
  }
}
