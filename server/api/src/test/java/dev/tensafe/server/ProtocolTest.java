package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.batching.engine.GenerationListener;
import dev.tensafe.batching.engine.Output;
import dev.tensafe.formats.CodedException;
import dev.tensafe.runtime.metrics.ExemplarTrace;
import dev.tensafe.server.config.ApiKeyFile;
import dev.tensafe.server.config.ApiKeys;
import dev.tensafe.server.metrics.ObservedOutput;
import dev.tensafe.server.metrics.OutputGroup;
import dev.tensafe.server.metrics.ServerMetrics;
import dev.tensafe.server.metrics.TimedListener;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Frames, headers, keys, drain and metrics, on the wire. */
class ProtocolTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static TestServer server;

  @BeforeAll
  static void start(@TempDir Path dir) throws IOException {
    server = TestServer.start(dir);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String chat(String more) {
    return ("{'model':'tiny','messages':[{'role':'user','content':'hi'}],'seed':3" + more + "}")
        .replace('\'', '"');
  }

  private static JsonNode json(HttpResponse<String> response) throws IOException {
    return MAPPER.readTree(response.body());
  }

  private static List<JsonNode> frames(String body) throws IOException {
    List<JsonNode> out = new ArrayList<>();
    String[] parts = body.split("\n\n", -1);
    for (int i = 0; i < parts.length - 2; i++) {
      assertTrue(parts[i].startsWith("data: {"), parts[i]);
      out.add(MAPPER.readTree(parts[i].substring(6)));
    }
    assertEquals("data: [DONE]", parts[parts.length - 2]);
    assertEquals("", parts[parts.length - 1]);
    return out;
  }

  @Test
  void streamedFramesHaveTheShapeClientsExpect() throws Exception {
    HttpResponse<String> response =
        server.post(
            "/v1/chat/completions",
            chat(
                ",'max_tokens':9,'stream':true,'ignore_eos':true,'stream_options':{'include_usage':true}"));
    assertEquals("no-cache", response.headers().firstValue("cache-control").orElse(""));
    assertEquals("no", response.headers().firstValue("x-accel-buffering").orElse(""));
    assertTrue(
        response.headers().firstValue("content-type").orElse("").startsWith("text/event-stream"));
    List<JsonNode> frames = frames(response.body());
    JsonNode first = frames.get(0).at("/choices/0/delta");
    assertEquals("{\"role\":\"assistant\",\"content\":\"\"}", first.toString());
    JsonNode usage = frames.get(frames.size() - 1);
    assertEquals(0, usage.path("choices").size());
    assertEquals(9, usage.at("/usage/completion_tokens").intValue());
    JsonNode finish = frames.get(frames.size() - 2);
    assertEquals("{}", finish.at("/choices/0/delta").toString());
    assertEquals("length", finish.at("/choices/0/finish_reason").asText());
    assertEquals("base", finish.at("/tensafe/mode").asText());
    assertTrue(finish.at("/tensafe/adapter_digest").isNull());
    for (JsonNode frame : frames.subList(0, frames.size() - 1)) {
      assertTrue(frame.has("usage") && frame.path("usage").isNull());
    }
    assertEquals(
        frames.size() - 2,
        frames.stream().filter(f -> f.at("/choices/0/finish_reason").isNull()).count());
  }

  @Test
  void stopStringsCutStreamedAndWholeAnswersAlike() throws Exception {
    String more = ",'max_tokens':200,'ignore_eos':true,'temperature':1.5";
    String free =
        json(server.post("/v1/chat/completions", chat(more)))
            .at("/choices/0/message/content")
            .asText();
    for (int at = 20; at < 120; at += 25) {
      String stop = free.substring(at, at + 3);
      String stopped =
          more + ",'stop':" + MAPPER.writeValueAsString(stop).replace("\\\"", "\\u0022");
      JsonNode whole = json(server.post("/v1/chat/completions", chat(stopped)));
      String text = whole.at("/choices/0/message/content").asText();
      assertEquals(free.substring(0, free.indexOf(stop)), text);
      assertEquals("stop", whole.at("/choices/0/finish_reason").asText());
      StringBuilder streamed = new StringBuilder();
      frames(server.post("/v1/chat/completions", chat(stopped + ",'stream':true")).body())
          .forEach(f -> streamed.append(f.at("/choices/0/delta/content").asText("")));
      assertEquals(text, streamed.toString());
    }
  }

  @Test
  void seedsMakeAnswersRepeatableAndChoicesDiffer() throws Exception {
    JsonNode a = json(server.post("/v1/chat/completions", chat(",'max_tokens':30,'n':3")));
    JsonNode b = json(server.post("/v1/chat/completions", chat(",'max_tokens':30,'n':3")));
    assertEquals(a.path("choices"), b.path("choices"));
    assertNotEquals(
        a.at("/choices/0/message/content").asText(), a.at("/choices/1/message/content").asText());
    JsonNode single = json(server.post("/v1/chat/completions", chat(",'max_tokens':30")));
    assertEquals(a.at("/choices/0/message"), single.at("/choices/0/message"));
    assertTrue(a.at("/choices/0/message").has("refusal"));
    assertTrue(a.at("/choices/0").has("logprobs"));
  }

  @Test
  void completionsTakeTextListsAndTokensAndEcho() throws Exception {
    String list =
        "{\"model\":\"tiny\",\"prompt\":[\"ab\",\"cd\"],\"max_tokens\":3,\"temperature\":0,"
            + "\"echo\":true,\"logprobs\":1}";
    JsonNode answer = json(server.post("/v1/completions", list));
    assertEquals(2, answer.path("choices").size());
    assertTrue(answer.at("/choices/1/text").asText().startsWith("cd"));
    assertEquals(5, answer.at("/choices/0/logprobs/tokens").size());
    assertTrue(answer.at("/choices/0/logprobs/token_logprobs/0").isNull());
    assertTrue(answer.at("/choices/0/logprobs/token_logprobs/1").doubleValue() < 0);
    assertEquals(4, answer.at("/usage/prompt_tokens").intValue());
    String tokens = "{\"model\":\"tiny\",\"prompt\":[97,98],\"max_tokens\":3,\"temperature\":0}";
    JsonNode byTokens = json(server.post("/v1/completions", tokens));
    assertEquals(
        answer.at("/choices/0/text").asText(), "ab" + byTokens.at("/choices/0/text").asText());
    String score =
        "{\"model\":\"tiny\",\"prompt\":\"abc\",\"max_tokens\":0,\"echo\":true,\"logprobs\":0}";
    JsonNode scored = json(server.post("/v1/completions", score));
    assertEquals("abc", scored.at("/choices/0/text").asText());
    assertEquals(3, scored.at("/choices/0/logprobs/token_logprobs").size());
    assertEquals(0, scored.at("/usage/completion_tokens").intValue());
  }

  @Test
  void tokenizesTextAndChats() throws Exception {
    JsonNode text = json(server.post("/tokenize", "{\"prompt\":\"h\u00e9\"}"));
    assertEquals("[104,195,169]", text.path("tokens").toString());
    JsonNode chat =
        json(server.post("/tokenize", "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"));
    JsonNode back = json(server.post("/detokenize", "{\"tokens\":" + chat.path("tokens") + "}"));
    assertEquals(
        "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n", back.path("prompt").asText());
    JsonNode without =
        json(
            server.post(
                "/tokenize",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"add_generation_prompt\":false}"));
    assertTrue(without.path("count").intValue() < chat.path("count").intValue());
    assertEquals(400, server.post("/tokenize", "{}").statusCode());
    assertEquals(400, server.post("/detokenize", "{\"tokens\":[-1]}").statusCode());
  }

  @Test
  void manyClientsAtOnceGetWhatEachWouldGetAlone() throws Exception {
    List<String> bodies = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      bodies.add(
          chat(
              ",'max_tokens':40,'temperature':0,'logit_bias':{'"
                  + (100 + i)
                  + "':3},'ignore_eos':true"));
    }
    List<String> alone = new ArrayList<>();
    for (String body : bodies) {
      alone.add(
          json(server.post("/v1/chat/completions", body)).at("/choices/0/message").toString());
    }
    var futures =
        bodies.stream()
            .map(
                body ->
                    server.http.sendAsync(
                        HttpRequest.newBuilder(server.uri("/v1/chat/completions"))
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                        HttpResponse.BodyHandlers.ofString()))
            .toList();
    for (int i = 0; i < bodies.size(); i++) {
      assertEquals(alone.get(i), json(futures.get(i).join()).at("/choices/0/message").toString());
    }
  }

  @Test
  void metricsCountWhatHappened() throws Exception {
    String before = server.get("/metrics").body();
    server.post("/v1/chat/completions", chat(",'max_tokens':11,'ignore_eos':true"));
    server.awaitIdle();
    String after = server.get("/metrics").body();
    assertEquals(
        11,
        value(after, "vllm:generation_tokens_total")
            - value(before, "vllm:generation_tokens_total"));
    assertEquals(
        1,
        value(after, "vllm:request_success_total{engine=\"0\",finished_reason=\"length\"")
            - value(before, "vllm:request_success_total{engine=\"0\",finished_reason=\"length\""));
    assertEquals(
        1,
        value(after, "vllm:time_to_first_token_seconds_count")
            - value(before, "vllm:time_to_first_token_seconds_count"));
    assertEquals(
        10,
        value(after, "vllm:inter_token_latency_seconds_count")
            - value(before, "vllm:inter_token_latency_seconds_count"));
    double steps =
        value(after, "tensafe_engine_step_seconds_count")
            - value(before, "tensafe_engine_step_seconds_count");
    assertTrue(steps >= 11, steps + " steps");
    assertEquals(
        value(after, "tensafe_engine_step_seconds_sum"),
        value(after, "tensafe_engine_phase_seconds_total"),
        1e-6);
    for (String name :
        List.of(
            "tensafe_engine_internal_errors_total{",
            "tensafe_engine_step_seconds_bucket{",
            "tensafe_engine_step_sequences_bucket{",
            "tensafe_engine_step_tokens_sum{",
            "tensafe_engine_phase_seconds_total{model_name=\"tiny\",phase=\"forward\"}",
            "tensafe_engine_phase_seconds_total{model_name=\"tiny\",phase=\"account\"}",
            "vllm:num_requests_running{",
            "vllm:num_requests_waiting{",
            "vllm:kv_cache_usage_perc{",
            "vllm:prompt_tokens_total{",
            "vllm:num_preemptions_total{",
            "vllm:time_to_first_token_seconds_bucket{engine=\"0\",model_name=\"tiny\",le=\"0.001\"}",
            "vllm:inter_token_latency_seconds_bucket{engine=\"0\",model_name=\"tiny\",le=\"0.025\"}",
            "vllm:e2e_request_latency_seconds_bucket{engine=\"0\",model_name=\"tiny\",le=\"7680.0\"}",
            "vllm:request_queue_time_seconds_bucket",
            "vllm:request_prefill_time_seconds_bucket",
            "vllm:request_decode_time_seconds_bucket",
            "tensafe_inference_latency_seconds_bucket",
            "tensafe_inference_tokens_total{",
            "tensafe_request_queue_depth{")) {
      assertTrue(after.contains("\n" + name), name);
    }
  }

  private static double value(String metrics, String prefix) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(prefix))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Test
  void everyAnswerNamesItsRequestAsItsClientDidOrByChance() throws Exception {
    HttpResponse<String> named =
        server.post("/v1/chat/completions", chat(""), "X-Request-Id", "job-7:a.b_C");
    assertEquals("job-7:a.b_C", named.headers().firstValue("x-request-id").orElseThrow());
    Set<String> random = new HashSet<>();
    for (String malformed : List.of("two words", "a".repeat(129), "é")) {
      HttpResponse<String> replaced = server.get("/health", "X-Request-Id", malformed);
      random.add(replaced.headers().firstValue("x-request-id").orElseThrow());
    }
    HttpResponse<String> refused = server.get("/nowhere");
    random.add(refused.headers().firstValue("x-request-id").orElseThrow());
    assertEquals(4, random.size());
    random.forEach(id -> assertTrue(id.matches("[0-9a-f-]{36}"), id));
  }

  @Test
  void tokensThatComeTogetherAreCountedEach() {
    ServerMetrics metrics =
        new ServerMetrics("m", server.engine, Optional.empty(), Clock.systemUTC());
    long[] now = {0};
    TimedListener listener =
        new TimedListener(
            new GenerationListener() {
              @Override
              public void onOutput(Output output) {}

              @Override
              public void onFinish(FinishReason reason, int promptTokens, int outputTokens) {}

              @Override
              public void onFailure(CodedException error) {}
            },
            metrics,
            new ObservedOutput(
                20,
                9,
                new OutputGroup(metrics, 1),
                metrics.adapter(Optional.empty()),
                metrics.tenant("t"),
                ExemplarTrace.NONE),
            () -> now[0]);
    listener.onScheduled(16);
    now[0] = 1_000_000_000L;
    listener.onOutput(new Output(List.of(5, 6, 7), "abc", List.of()));
    now[0] = 3_000_000_000L;
    listener.onOutput(new Output(List.of(8, 9), "de", List.of()));
    String text = metrics.scrape();
    for (String line :
        List.of(
            "vllm:generation_tokens_total{engine=\"0\",model_name=\"m\"} 5.0",
            "tensafe_tenant_prompt_tokens_total{source=\"cached\",tenant=\"t\"} 16.0",
            "tensafe_tenant_prompt_tokens_total{source=\"computed\",tenant=\"t\"} 4.0",
            "tensafe_inference_tokens_total{model_name=\"m\",type=\"generation\"} 5.0",
            "vllm:time_to_first_token_seconds_count{engine=\"0\",model_name=\"m\"} 1",
            "vllm:inter_token_latency_seconds_count{engine=\"0\",model_name=\"m\"} 4",
            "vllm:inter_token_latency_seconds_sum{engine=\"0\",model_name=\"m\"} 2.0")) {
      assertTrue(text.contains(line), line + " is not in\n" + text);
    }
  }

  @Test
  void keysOpenWhatTheirScopesAllow(@TempDir Path dir) throws Exception {
    Path file = dir.resolve("keys.json");
    String infer = new ApiKeyFile(file).add("app", Set.of(ApiKeys.Scope.INFER));
    String metrics = new ApiKeyFile(file).add("grafana", Set.of(ApiKeys.Scope.METRICS));
    assertFalse(Files.readString(file).contains(infer.substring(8)), "the key itself is stored");
    try (TestServer closed = TestServer.of(modelOf(dir), file)) {
      assertEquals(401, closed.get("/v1/models").statusCode());
      assertEquals(401, closed.get("/v1/models", "Authorization", "Bearer tsk-wrong").statusCode());
      assertEquals(200, closed.get("/v1/models", "Authorization", "Bearer " + infer).statusCode());
      assertEquals(
          403, closed.get("/v1/models", "Authorization", "Bearer " + metrics).statusCode());
      assertEquals(403, closed.get("/metrics", "Authorization", "Bearer " + infer).statusCode());
      assertEquals(200, closed.get("/metrics", "Authorization", "Bearer " + metrics).statusCode());
      assertEquals(401, closed.post("/v1/chat/completions", chat("")).statusCode());
      assertEquals(200, closed.get("/health").statusCode());
      assertEquals(200, closed.get("/ready").statusCode());
    }
  }

  private static Path modelOf(Path dir) throws IOException {
    Path model = dir.resolve("m");
    dev.tensafe.model.synthetic.SyntheticModel.write(
        model, TestServer.shape(), dev.tensafe.formats.safetensors.DType.F32, 5);
    return model;
  }

  @Test
  void corsAnswersOnlyToConfiguredOrigins() throws Exception {
    HttpResponse<String> allowed = server.get("/health", "Origin", "https://example.org");
    assertEquals(
        "https://example.org",
        allowed.headers().firstValue("access-control-allow-origin").orElse(""));
    HttpResponse<String> other = server.get("/health", "Origin", "https://evil.example");
    assertTrue(other.headers().firstValue("access-control-allow-origin").isEmpty());
  }

  @Test
  void modelsAreFoundByNamesWithSlashesToo() throws Exception {
    assertEquals(200, server.get("/v1/models/tiny").statusCode());
    for (String path : List.of("/v1/models/org/tiny", "/v1/models/org%2Ftiny")) {
      HttpResponse<String> response = server.get(path);
      assertEquals(404, response.statusCode());
      assertTrue(
          json(response).at("/error/message").asText().contains("'org/tiny'"), response.body());
    }
  }

  @Test
  void formsAreNotJson() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(server.uri("/v1/chat/completions"))
            .header("Content-Type", "text/plain")
            .POST(HttpRequest.BodyPublishers.ofString(chat("")))
            .build();
    HttpResponse<String> response = server.http.send(request, HttpResponse.BodyHandlers.ofString());
    assertEquals(415, response.statusCode());
  }

  @Test
  void drainingRefusesNewRequestsAndFinishesRunningOnes(@TempDir Path dir) throws Exception {
    try (TestServer draining = TestServer.of(modelOf(dir), null)) {
      HttpRequest request =
          HttpRequest.newBuilder(draining.uri("/v1/chat/completions"))
              .header("Content-Type", "application/json")
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      chat(",'stream':true,'max_tokens':600,'ignore_eos':true")))
              .build();
      HttpResponse<Stream<String>> running =
          draining.http.send(request, HttpResponse.BodyHandlers.ofLines());
      Iterator<String> lines = running.body().iterator();
      assertTrue(lines.next().startsWith("data: "));
      var drained = draining.server.drain().toCompletionStage().toCompletableFuture();
      assertEquals(503, draining.get("/ready").statusCode());
      HttpResponse<String> refused = draining.post("/v1/chat/completions", chat(""));
      assertEquals(503, refused.statusCode());
      assertEquals("1", refused.headers().firstValue("retry-after").orElse(""));
      String last = "";
      while (lines.hasNext()) {
        String line = lines.next();
        last = line.isEmpty() ? last : line;
      }
      assertEquals("data: [DONE]", last);
      assertTrue(drained.get());
    }
  }

  @Test
  void servesOverTls(@TempDir Path dir) throws Exception {
    TestCertificate certificate = TestCertificate.make(dir);
    try (TestServer secure = TestServer.withTls(modelOf(dir), certificate)) {
      assertTrue(secure.server.url().startsWith("https://"));
      HttpResponse<String> response =
          HttpClient.newBuilder()
              .sslContext(certificate.trusting())
              .build()
              .send(
                  HttpRequest.newBuilder(secure.uri("/v1/chat/completions"))
                      .header("Content-Type", "application/json")
                      .POST(HttpRequest.BodyPublishers.ofString(chat(",'max_tokens':3")))
                      .build(),
                  HttpResponse.BodyHandlers.ofString());
      assertEquals(200, response.statusCode());
    }
  }

  @Test
  void whoSpeaksPlainHttpToATlsPortIsLoggedOnceAMinute(@TempDir Path dir) throws Exception {
    try (LogRecorder log = new LogRecorder("dev.tensafe.server.http.HttpListener");
        TestServer secure = TestServer.withTls(modelOf(dir), TestCertificate.make(dir))) {
      for (int i = 0; i < 3; i++) {
        try (Socket plain = new Socket("127.0.0.1", secure.uri("").getPort())) {
          plain.setSoTimeout(30_000);
          plain
              .getOutputStream()
              .write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.UTF_8));
          plain.getInputStream().readAllBytes();
        } catch (SocketException e) {
          // closed by the server before everything was read
        }
      }
      TestServer.await("the log line", () -> !log.lines().isEmpty());
      assertEquals(1, log.lines().stream().filter(l -> l.contains("plain HTTP")).count());
    }
  }

  @Test
  void anErrorInAStreamIsAFrameAndDoneFollows(@TempDir Path dir) throws Exception {
    try (TestServer stopping = TestServer.of(modelOf(dir), null)) {
      HttpRequest request =
          HttpRequest.newBuilder(stopping.uri("/v1/chat/completions"))
              .header("Content-Type", "application/json")
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      chat(",'stream':true,'max_tokens':4000,'ignore_eos':true")))
              .build();
      HttpResponse<Stream<String>> running =
          stopping.http.send(request, HttpResponse.BodyHandlers.ofLines());
      Iterator<String> lines = running.body().iterator();
      assertTrue(lines.next().startsWith("data: "));
      stopping.engine.close();
      List<String> rest = new ArrayList<>();
      lines.forEachRemaining(line -> rest.add(line));
      rest.removeIf(String::isEmpty);
      assertEquals("data: [DONE]", rest.get(rest.size() - 1));
      JsonNode error = MAPPER.readTree(rest.get(rest.size() - 2).substring(6)).path("error");
      assertEquals("server_stopping", error.path("code").asText());
      assertEquals(503, stopping.get("/ready").statusCode());
    }
  }

  @Test
  void aBodyThatDoesNotArriveClosesTheConnectionButALongAnswerDoesNot() throws Exception {
    // the test server gives bodies one second
    try (Socket socket = new Socket("127.0.0.1", server.uri("").getPort())) {
      socket.setSoTimeout(30_000);
      socket
          .getOutputStream()
          .write(
              ("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                      + "Content-Length: 100\r\n\r\n{")
                  .getBytes(StandardCharsets.UTF_8));
      assertEquals(-1, socket.getInputStream().read());
    }
    long start = System.nanoTime();
    int status;
    do {
      status =
          server
              .post("/v1/chat/completions", chat(",'max_tokens':4000,'ignore_eos':true,'n':3"))
              .statusCode();
      assertEquals(200, status);
    } while (System.nanoTime() - start < 1_500_000_000L);
  }
}
