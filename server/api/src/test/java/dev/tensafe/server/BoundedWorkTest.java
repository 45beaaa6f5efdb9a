package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.server.config.ApiKeyFile;
import dev.tensafe.server.config.ApiKeys;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot be used costs no more than what can, and what waits is bounded per tenant. */
class BoundedWorkTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String LONG = "a".repeat(1_900_000);
  private static TestServer server;

  /** Its tokenizer has a token that takes spaces with it, so that no length proves anything. */
  private static TestServer unproven;

  private static String flood;
  private static String neighbour;

  @BeforeAll
  static void start(@TempDir Path directory) throws IOException {
    Path model = directory.resolve("model");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    Path keys = directory.resolve("keys.json");
    flood = "Bearer " + new ApiKeyFile(keys).add("flood", Set.of(ApiKeys.Scope.INFER));
    neighbour = "Bearer " + new ApiKeyFile(keys).add("neighbour", Set.of(ApiKeys.Scope.INFER));
    server = TestServer.of(model, keys);
    Path other = directory.resolve("other");
    SyntheticModel.write(other, TestServer.shape(), DType.F32, 5);
    Path file = other.resolve("tokenizer.json");
    ObjectNode tokenizer = (ObjectNode) MAPPER.readTree(file.toFile());
    ObjectNode added = (ObjectNode) tokenizer.path("added_tokens").path(0);
    added.put("rstrip", true);
    Files.writeString(file, MAPPER.writeValueAsString(tokenizer));
    unproven = TestServer.of(other, keys);
    assertTrue(server.files.tokenizer().mostBytes(TestServer.MAX_LENGTH) < LONG.length());
    assertEquals(Long.MAX_VALUE, unproven.files.tokenizer().mostBytes(TestServer.MAX_LENGTH));
  }

  @AfterAll
  static void stop() {
    server.close();
    unproven.close();
  }

  private static HttpResponse<String> post(TestServer to, String path, String json, String key)
      throws Exception {
    return to.post(path, json.replace('\'', '"'), "Authorization", key);
  }

  private static void refused(HttpResponse<String> answer, String code, String param)
      throws IOException {
    JsonNode error = MAPPER.readTree(answer.body()).path("error");
    assertEquals(code, error.path("code").asText(), answer.body());
    assertEquals(param, error.path("param").asText());
    assertEquals(400, answer.statusCode());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aTextThatCannotFitIsRefusedWherever(boolean proven) throws Exception {
    TestServer to = proven ? server : unproven;
    String exceeded = "context_length_exceeded";
    refused(post(to, "/tokenize", "{'prompt':'" + LONG + "'}", flood), exceeded, "prompt");
    refused(
        post(to, "/v1/completions", "{'model':'tiny','prompt':['a','" + LONG + "']}", flood),
        exceeded,
        "prompt");
    String messages = "'messages':[{'role':'user','content':'" + LONG + "'}]";
    refused(post(to, "/tokenize", "{" + messages + "}", flood), exceeded, "messages");
    refused(
        post(to, "/v1/chat/completions", "{'model':'tiny'," + messages + "}", flood),
        exceeded,
        "messages");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aTextThatMightFitIsEncodedWhole(boolean proven) throws Exception {
    TestServer to = proven ? server : unproven;
    String text = "a".repeat(TestServer.MAX_LENGTH + 7);
    HttpResponse<String> answer = post(to, "/tokenize", "{'prompt':'" + text + "'}", flood);
    int count = to.files.tokenizer().encode(text, true).length;
    assertTrue(count > TestServer.MAX_LENGTH);
    assertEquals(count, MAPPER.readTree(answer.body()).path("count").asInt());
  }

  private static String list(int size, String separated) {
    return IntStream.range(0, size).mapToObj(i -> separated).collect(Collectors.joining(","));
  }

  @Test
  void listsAreBounded() throws Exception {
    String ids = list(TestServer.MAX_LENGTH, "7");
    assertEquals(200, post(server, "/detokenize", "{'tokens':[" + ids + "]}", flood).statusCode());
    refused(
        post(server, "/detokenize", "{'tokens':[" + ids + ",7]}", flood),
        "context_length_exceeded",
        "tokens");
    refused(
        post(server, "/v1/completions", "{'model':'tiny','prompt':[" + ids + ",7]}", flood),
        "context_length_exceeded",
        "prompt");
    refused(
        post(
            server,
            "/v1/completions",
            "{'model':'tiny','prompt':[" + list(129, "'a'") + "],'n':2}",
            flood),
        "invalid_value",
        "n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"stop", "stop_token_ids", "logit_bias"})
  void whatIsLookedAtForEveryTokenIsBounded(String field) throws Exception {
    for (int more : new int[] {0, 1}) {
      int size = 1024 + more;
      String value =
          switch (field) {
            case "stop" -> "['" + "z".repeat(size) + "']";
            case "stop_token_ids" -> "[" + list(size, "5") + "]";
            default ->
                IntStream.range(0, size)
                    .mapToObj(i -> "'" + "0".repeat(i / 300) + i % 300 + "':1")
                    .collect(Collectors.joining(",", "{", "}"));
          };
      HttpResponse<String> answer =
          post(
              server,
              "/v1/completions",
              "{'model':'tiny','prompt':'a','max_tokens':1,'" + field + "':" + value + "}",
              flood);
      if (more == 0) {
        assertEquals(200, answer.statusCode(), answer.body());
      } else {
        refused(answer, "invalid_value", field);
      }
    }
  }

  /** A request without the body it declares. */
  private static Socket begin(String key, int bytes) throws IOException {
    Socket socket = new Socket("127.0.0.1", server.uri("/").getPort());
    String head =
        "POST /tokenize HTTP/1.1\r\nHost: x\r\nAuthorization: "
            + key
            + "\r\nContent-Length: "
            + bytes
            + "\r\nExpect: 100-continue\r\n\r\n";
    socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
    return socket;
  }

  private static String answer(Socket socket) {
    try {
      int ready = socket.getInputStream().available();
      return new String(socket.getInputStream().readNBytes(ready), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  @Test
  void manyLargeBodiesOfATenantAreRefusedUnreadAndItsNeighbourIsServed() throws Exception {
    List<Socket> open = new ArrayList<>();
    StringBuilder answers = new StringBuilder();
    for (int i = 0; i < 60; i++) {
      open.add(begin(flood, 2 << 20));
    }
    TestServer.await(
        "a refusal",
        () -> {
          open.forEach(socket -> answers.append(answer(socket)));
          return answers.indexOf("tenant_queue_full") >= 0;
        });
    assertTrue(answers.indexOf(" 429 ") >= 0, answers.toString());
    String body = "{'prompt':'a','pad':'" + "x".repeat(100_000) + "'}";
    assertEquals(200, post(server, "/tokenize", body, neighbour).statusCode());
    for (Socket socket : open) {
      socket.close();
    }
    // those that waited are found gone at their turn, and their tenant is served again
    TestServer.await("the flood's tenant to be served", () -> served(body));
  }

  private static boolean served(String body) {
    try {
      return post(server, "/tokenize", body, flood).statusCode() == 200;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aLargeBodyIsReadWholeWhateverItsPieces() throws Exception {
    String body = "{\"prompt\":\"a\",\"pad\":\"" + "x".repeat(300_000) + "\"}";
    for (boolean chunked : new boolean[] {false, true}) {
      var publisher =
          chunked
              ? java.net.http.HttpRequest.BodyPublishers.ofInputStream(
                  () -> new java.io.ByteArrayInputStream(body.getBytes(StandardCharsets.US_ASCII)))
              : java.net.http.HttpRequest.BodyPublishers.ofString(body);
      var request =
          java.net.http.HttpRequest.newBuilder(server.uri("/tokenize"))
              .header("Authorization", flood)
              .POST(publisher)
              .build();
      assertEquals(
          200,
          server.http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode(),
          "chunked " + chunked);
    }
  }
}
