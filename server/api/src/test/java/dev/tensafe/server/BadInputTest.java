package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever comes in, the answer is a clear error and the server goes on. */
class BadInputTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String HELLO = "'model':'tiny','messages':[{'role':'user','content':'hi'}]";
  private static TestServer server;

  @BeforeAll
  static void start(@TempDir Path dir) throws IOException {
    server = TestServer.start(dir);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @AfterEach
  void stillServes() throws Exception {
    server.awaitIdle();
    String body = ("{" + HELLO + ",'max_tokens':2}").replace('\'', '"');
    assertEquals(200, server.post(CHAT, body).statusCode());
  }

  private static JsonNode error(HttpResponse<String> response) throws IOException {
    JsonNode error = new ObjectMapper().readTree(response.body()).path("error");
    assertEquals(4, error.size(), response.body());
    for (String key : List.of("message", "type", "param", "code")) {
      assertTrue(error.has(key), response.body());
    }
    return error;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "temperature|{H,'temperature':-1}",
        "temperature|{H,'temperature':2.1}",
        "temperature|{H,'temperature':'hot'}",
        "temperature|{H,'temperature':1e999}",
        "top_p|{H,'top_p':1.5}",
        "top_k|{H,'top_k':-2}",
        "min_p|{H,'min_p':2}",
        "max_tokens|{H,'max_tokens':-5}",
        "max_tokens|{H,'max_tokens':0}",
        "max_tokens|{H,'max_tokens':99999999999999999999}",
        "max_completion_tokens|{H,'max_completion_tokens':0,'max_tokens':5}",
        "min_tokens|{H,'min_tokens':-1}",
        "min_tokens|{H,'min_tokens':9,'max_tokens':3}",
        "n|{H,'n':0}",
        "n|{H,'n':1000}",
        "n|{H,'n':1.5}",
        "seed|{H,'seed':'x'}",
        "stop|{H,'stop':['a','b','c','d','e']}",
        "stop|{H,'stop':7}",
        "stop|{H,'stop':''}",
        "stop_token_ids|{H,'stop_token_ids':[300]}",
        "presence_penalty|{H,'presence_penalty':3}",
        "frequency_penalty|{H,'frequency_penalty':-3}",
        "repetition_penalty|{H,'repetition_penalty':0}",
        "logit_bias|{H,'logit_bias':{'300':1}}",
        "logit_bias|{H,'logit_bias':{'1':101}}",
        "logit_bias|{H,'logit_bias':[1]}",
        "top_logprobs|{H,'top_logprobs':2}",
        "top_logprobs|{H,'logprobs':true,'top_logprobs':21}",
        "logprobs|{H,'logprobs':3}",
        "stream|{H,'stream':'yes'}",
        "stream_options|{H,'stream_options':{'include_usage':true}}",
        "tools[0].function.name|{H,'tools':[{'type':'function','function':{'name':'f g'}}]}",
        "response_format.type|{H,'response_format':{'type':'yaml'}}",
        "model|{'messages':[{'role':'user','content':'hi'}]}",
        "messages|{'model':'tiny'}",
        "messages|{'model':'tiny','messages':[]}",
        "messages[0].role|{'model':'tiny','messages':[{'role':'wizard','content':'hi'}]}",
        "messages[0].content|{'model':'tiny','messages':[{'role':'user'}]}",
        "messages[0].content|{'model':'tiny','messages':[{'role':'user','content':[{'type':'image_url'}]}]}",
        "messages[0]|{'model':'tiny','messages':['hi']}",
      })
  void anErrorNamesTheField(String param, String body) throws Exception {
    HttpResponse<String> response = server.post(CHAT, body.replace("H", HELLO).replace('\'', '"'));
    assertEquals(400, response.statusCode(), response.body());
    assertEquals("invalid_request_error", error(response).path("type").asText());
    assertEquals(param, error(response).path("param").asText());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "prompt|{'model':'tiny'}",
        "prompt|{'model':'tiny','prompt':''}",
        "prompt|{'model':'tiny','prompt':[]}",
        "prompt|{'model':'tiny','prompt':[1,-1]}",
        "prompt|{'model':'tiny','prompt':[1,300]}",
        "prompt|{'model':'tiny','prompt':[1,'a']}",
        "prompt|{'model':'tiny','prompt':{'a':1}}",
        "logprobs|{'model':'tiny','prompt':'a','logprobs':6}",
        "best_of|{'model':'tiny','prompt':'a','best_of':3}",
        "suffix|{'model':'tiny','prompt':'a','suffix':'b'}",
        "n|{'model':'tiny','prompt':['a','b','c'],'n':100}",
      })
  void completionErrorsNameTheField(String param, String body) throws Exception {
    HttpResponse<String> response = server.post("/v1/completions", body.replace('\'', '"'));
    assertEquals(400, response.statusCode(), response.body());
    assertEquals(param, error(response).path("param").asText());
  }

  @Test
  void bodiesThatAreNotJsonAreRefused() throws Exception {
    byte[] invalidUtf8 =
        ("{" + HELLO.replace('\'', '"').replace("hi", "\u00ff\u00fe") + "}")
            .getBytes(StandardCharsets.ISO_8859_1);
    assertEquals("invalid_utf8", error(server.post(CHAT, invalidUtf8)).path("code").asText());
    for (String body : List.of("", "null", "[]", "{", "{}x", "{\"model\":", "\"text\"")) {
      HttpResponse<String> response = server.post(CHAT, body);
      assertEquals(400, response.statusCode(), body);
      error(response);
    }
    String nested = "{\"model\":" + "[".repeat(1 << 20) + "]".repeat(1 << 19) + "}";
    assertEquals("invalid_json", error(server.post(CHAT, nested)).path("code").asText());
    String objects = "{\"messages\":" + "{\"a\":".repeat(200_000) + "1}";
    assertEquals("invalid_json", error(server.post(CHAT, objects)).path("code").asText());
  }

  @Test
  void bodiesAreBounded() throws Exception {
    HttpResponse<String> response = server.post(CHAT, new byte[(2 << 20) + 1]);
    assertEquals(413, response.statusCode());
    assertEquals("body_too_large", error(response).path("code").asText());
  }

  @Test
  void wrongRoutesMethodsAndTypesAreErrorsToo() throws Exception {
    assertEquals(404, server.get("/v1/nothing").statusCode());
    assertEquals("not_found_error", error(server.get("/v1/nothing")).path("type").asText());
    assertEquals("model_not_found", error(server.get("/v1/models/x")).path("code").asText());
    HttpResponse<String> get = server.get(CHAT);
    assertTrue(get.statusCode() == 404 || get.statusCode() == 405);
    error(get);
  }

  @Test
  void aNegativeOrAbsurdContentLengthDoesNoHarm() throws Exception {
    for (String length : List.of("-1", "abc", "99999999999999999999")) {
      try (Socket socket = connect()) {
        send(
            socket,
            "POST "
                + CHAT
                + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + "Content-Length: "
                + length
                + "\r\n\r\n{}");
        String answer = readSome(socket);
        assertTrue(answer.isEmpty() || answer.startsWith("HTTP/1.1 4"), answer);
      }
    }
  }

  @Test
  void aThousandClientsThatLeaveMidStreamFreeEverything() throws Exception {
    String body =
        ("{" + HELLO + ",'stream':true,'ignore_eos':true,'max_tokens':2000}").replace('\'', '"');
    String request =
        "POST "
            + CHAT
            + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + "Content-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    String whole = request.replace("\"stream\":true", "\"stream\":null");
    for (int round = 0; round < 20; round++) {
      List<Socket> sockets = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        Socket socket = connect();
        // every third asks for a whole answer, and leaves without it
        send(socket, i % 3 == 2 ? whole : request);
        sockets.add(socket);
      }
      // the first few are read from, so that the rest leave while they run or wait
      for (int i = 0; i < 2; i++) {
        assertTrue(sockets.get(i).getInputStream().read() > 0);
      }
      for (int i = 0; i < sockets.size(); i++) {
        if (i % 2 == 0) {
          sockets.get(i).setSoLinger(true, 0);
        }
        sockets.get(i).close();
      }
    }
    server.awaitIdle();
  }

  @Test
  void aReaderThatStopsReadingIsCancelled() throws Exception {
    String body =
        ("{"
                + HELLO
                + ",'stream':true,'ignore_eos':true,'max_tokens':4000,'n':4,"
                + "'logprobs':true,'top_logprobs':20}")
            .replace('\'', '"');
    try (Socket socket = new Socket()) {
      socket.setReceiveBufferSize(4096);
      socket.connect(new java.net.InetSocketAddress("127.0.0.1", server.uri("").getPort()));
      send(
          socket,
          "POST "
              + CHAT
              + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
              + "Content-Length: "
              + body.length()
              + "\r\n\r\n"
              + body);
      double before = ended("abort");
      double finished = ended("length");
      assertTrue(socket.getInputStream().read() > 0);
      server.awaitIdle();
      // counted by another thread than the engine's, and so may be what a test before this aborted
      TestServer.await("four choices to be aborted", () -> ended("abort") - before >= 4);
      assertEquals(finished, ended("length"), "none of them finished");
    }
  }

  private static double ended(String reason) {
    String metrics;
    try {
      metrics = server.get("/metrics").body();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    return metrics
        .lines()
        .filter(
            line ->
                line.startsWith(
                    "vllm:request_success_total{engine=\"0\",finished_reason=\"" + reason + '"'))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Test
  void anEndlessTemplateIsStopped(@TempDir Path dir) throws Exception {
    Path model = dir.resolve("m");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    Files.writeString(
        model.resolve("chat_template.jinja"),
        "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}");
    try (TestServer looping = TestServer.of(model, null)) {
      String body = ("{" + HELLO + "}").replace('\'', '"');
      HttpResponse<String> response = looping.post(CHAT, body);
      assertEquals(400, response.statusCode());
      assertEquals("template.limit", error(response).path("code").asText());
      String completion = "{\"model\":\"tiny\",\"prompt\":\"a\",\"max_tokens\":2}";
      assertEquals(200, looping.post("/v1/completions", completion).statusCode());
    }
  }

  @Test
  void aFullQueueIs429WithRetryAfter(@TempDir Path dir) throws Exception {
    Path model = dir.resolve("m");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    try (TestServer small = TestServer.withQueue(model, 64)) {
      // more choices than may run at once: the rest waits
      String many =
          "{\"model\":\"tiny\",\"prompt\":[1,2,3],\"n\":100,\"max_tokens\":3000,\"ignore_eos\":true,"
              + "\"stream\":true}";
      try (Socket socket = new Socket("127.0.0.1", small.uri("").getPort())) {
        send(
            socket,
            "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + "Content-Length: "
                + many.length()
                + "\r\n\r\n"
                + many);
        assertTrue(socket.getInputStream().read() > 0);
        HttpResponse<String> response = small.post("/v1/completions", many);
        assertEquals(429, response.statusCode(), response.body());
        assertEquals("1", response.headers().firstValue("retry-after").orElse(""));
        assertEquals("rate_limit_error", error(response).path("type").asText());
      }
      small.awaitIdle();
    }
  }

  private static Socket connect() throws IOException {
    return new Socket("127.0.0.1", server.uri("").getPort());
  }

  private static void send(Socket socket, String text) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static String readSome(Socket socket) throws IOException {
    socket.setSoTimeout(20_000);
    InputStream in = socket.getInputStream();
    byte[] buffer = new byte[1024];
    int n = in.read(buffer);
    return n < 0 ? "" : new String(buffer, 0, n, StandardCharsets.UTF_8);
  }

  @Test
  void aServerWithoutARegistrySaysWhatItNeeds() throws Exception {
    HttpResponse<String> upload = server.post("/v1/adapters", new byte[] {1});
    assertEquals(403, upload.statusCode());
    assertEquals("adapters_not_accepted", error(upload).path("code").asText());
    assertEquals(404, server.get("/v1/adapters/x").statusCode());
    JsonNode list = new ObjectMapper().readTree(server.get("/v1/adapters").body());
    assertEquals(0, list.path("data").size());
  }
}
