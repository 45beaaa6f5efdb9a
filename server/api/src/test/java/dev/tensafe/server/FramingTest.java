package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Message framing on raw sockets: RFC 9112, and its section 11 above all. */
class FramingTest {
  private static final String NEXT = "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  private static final String PROMPT =
      "{\"model\":\"tiny\",\"prompt\":\"ab\",\"max_tokens\":2MORE}";
  private static TestServer server;

  @BeforeAll
  static void start(@TempDir Path dir) throws IOException {
    server = TestServer.start(dir);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Socket connect() throws IOException {
    Socket socket = new Socket("127.0.0.1", server.uri("").getPort());
    socket.setSoTimeout(30_000);
    socket.setTcpNoDelay(true);
    return socket;
  }

  private static void send(Socket socket, String bytes) throws IOException {
    socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
  }

  private static String all(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  /** Sends bytes on a connection of their own and reads until the server closes it. */
  private static String talk(String bytes) throws IOException {
    try (Socket socket = connect()) {
      send(socket, bytes);
      return all(socket);
    }
  }

  /** Reads up to and with a text. */
  private static String until(Socket socket, String end) throws IOException {
    InputStream in = socket.getInputStream();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    while (!out.toString(StandardCharsets.ISO_8859_1).endsWith(end)) {
      int b = in.read();
      assertTrue(b >= 0, () -> "closed after " + out.toString(StandardCharsets.ISO_8859_1));
      out.write(b);
    }
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  private static int answers(String bytes) {
    return bytes.split("HTTP/1\\.1 ", -1).length - 1;
  }

  private static JsonNode error(String answer) throws IOException {
    return new ObjectMapper()
        .readTree(answer.substring(answer.indexOf("\r\n\r\n") + 4))
        .path("error");
  }

  private static String body(String more) {
    return PROMPT.replace("MORE", more);
  }

  private static String post(String version, String fields, String body) {
    return "POST /v1/completions "
        + version
        + "\r\nHost: x\r\nContent-Type: application/json\r\n"
        + fields
        + "\r\n"
        + body;
  }

  /** Section 9.3: close is an option among others. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "close",
        "keep-alive, close",
        "close, TE",
        " TE ,CLOSE",
        "close,close",
        "x,close,"
      })
  void closeIsFoundAmongOtherOptions(String options) throws IOException {
    String request = "GET /version HTTP/1.1\r\nHost: x\r\nConnection: " + options + "\r\n\r\n";
    String said = talk(request + NEXT);
    assertEquals(1, answers(said), said);
    assertTrue(said.contains("connection: close"), said);
    String twoLines =
        "POST /tokenize HTTP/1.1\r\nConnection: TE\r\nHost: x\r\nConnection: close\r\n"
            + "Content-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"prompt\":\"a\"}";
    said = talk(twoLines + NEXT);
    assertEquals(1, answers(said), said);
    assertTrue(said.startsWith("HTTP/1.1 200 "), said);
  }

  @Test
  void aFieldThatStandsTwiceIsReadWhole() throws IOException {
    String coded =
        post(
            "HTTP/1.1",
            "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n"
                + "Content-Length: 2\r\nConnection: close\r\n",
            "{}");
    assertTrue(talk(coded).startsWith("HTTP/1.1 415 "));
    String typed = post("HTTP/1.1", "Content-Type: text/plain\r\nContent-Length: 2\r\n", "{}");
    assertTrue(talk(typed).startsWith("HTTP/1.1 400 "));
  }

  /** {@code ~} stands for CR LF, {@code ^} for CR, {@code !} for LF. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "400|ambiguous_length|POST /tokenize HTTP/1.1~Host: x~Content-Length: 5~Transfer-Encoding: chunked~~0~~",
        "400|ambiguous_length|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked~Content-Length: 5~~0~~",
        "400|invalid_transfer_encoding|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: xchunked~~0~~",
        "400|invalid_transfer_encoding|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: identity~~",
        "400|invalid_transfer_encoding|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: gzip, chunked~~0~~",
        "400|invalid_transfer_encoding|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked, chunked~~0~~",
        "400|invalid_transfer_encoding|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked, identity~~0~~",
        "400|invalid_transfer_encoding|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked~Transfer-Encoding: chunked~~0~~",
        "400|invalid_transfer_encoding|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding:~~0~~",
        "400|invalid_transfer_encoding|POST /tokenize HTTP/1.0~Transfer-Encoding: chunked~~0~~",
        "400|invalid_content_length|POST /tokenize HTTP/1.1~Host: x~Content-Length: 2~Content-Length: 2~~{}",
        "400|invalid_content_length|POST /tokenize HTTP/1.1~Host: x~Content-Length: 2~Content-Length: 3~~{}",
        "400|invalid_content_length|POST /tokenize HTTP/1.1~Host: x~Content-Length: 2, 2~~{}",
        "400|invalid_content_length|POST /tokenize HTTP/1.1~Host: x~Content-Length: +2~~{}",
        "400|invalid_content_length|POST /tokenize HTTP/1.1~Host: x~Content-Length: -2~~{}",
        "400|invalid_content_length|POST /tokenize HTTP/1.1~Host: x~Content-Length: 0x2~~{}",
        "400|invalid_content_length|POST /tokenize HTTP/1.1~Host: x~Content-Length: 2 2~~{}",
        "400|invalid_content_length|POST /tokenize HTTP/1.1~Host: x~Content-Length:~~{}",
        "400|invalid_content_length|POST /tokenize HTTP/1.1~Host: x~Content-Length: 18446744073709551618~~{}",
        "400|invalid_header|GET /health HTTP/1.1~Host : x~~",
        "400|invalid_header|POST /tokenize HTTP/1.1~Host: x~Content-Length\t: 2~~{}",
        "400|invalid_header|GET /health HTTP/1.1~ Host: x~~",
        "400|invalid_header|GET /health HTTP/1.1~Host: x~A: b~ c: d~~",
        "400|invalid_header|GET /health HTTP/1.1~Host: x~A: b~\tTransfer-Encoding: chunked~~",
        "400|invalid_header|GET /health HTTP/1.1~Host: x~no colon~~",
        "400|invalid_header|GET /health HTTP/1.1~Host: x~: b~~",
        "400|invalid_header|GET /health HTTP/1.1~Host: x~a(b): c~~",
        "400|invalid_line_end|GET /health HTTP/1.1!Host: x!!",
        "400|invalid_line_end|GET /health HTTP/1.1~Host: x~A: b!C: d~~",
        "400|invalid_line_end|GET /health HTTP/1.1~Host: x~A: b^C: d~~",
        "400|invalid_line_end|GET /health HTTP/1.1~Host: x~A: b^^!~~",
        "400|invalid_character|GET /health HTTP/1.1~Host: x~A: \u0000~~",
        "400|invalid_character|GET /health HTTP/1.1~Host: x~A: \u0001~~",
        "400|invalid_character|\u0016\u0003\u0001\u0002",
        "400|invalid_request_line|GET  /health HTTP/1.1~Host: x~~",
        "400|invalid_request_line| GET /health HTTP/1.1~Host: x~~",
        "400|invalid_request_line|GET /health HTTP/1.1 ~Host: x~~",
        "400|invalid_request_line|GET\t/health HTTP/1.1~Host: x~~",
        "400|invalid_request_line|GET /health~~",
        "400|invalid_request_line|GET /he alth HTTP/1.1~Host: x~~",
        "400|invalid_request_line|GET /health http/1.1~Host: x~~",
        "400|invalid_request_line|GET /health HTTP/1.1x~Host: x~~",
        "400|invalid_request_line|GET /h\u00e9 HTTP/1.1~Host: x~~",
        "400|invalid_request_line|~~~~",
        "400|invalid_request_target|GET health HTTP/1.1~Host: x~~",
        "400|invalid_request_target|GET * HTTP/1.1~Host: x~~",
        "400|invalid_request_target|CONNECT x:80 HTTP/1.1~Host: x~~",
        "505|http_version_not_supported|GET /health HTTP/2.0~Host: x~~",
        "505|http_version_not_supported|GET /health HTTP/1.2~Host: x~~",
        "505|http_version_not_supported|PRI * HTTP/2.0~~SM~~",
        "400|invalid_host|GET /health HTTP/1.1~~",
        "400|invalid_host|GET /health HTTP/1.1~Host: x~Host: x~~",
        "400|invalid_host|GET /health HTTP/1.1~Host: x y~~",
        "400|invalid_host|GET /health HTTP/1.1~Host: x,y~Host: z~~",
        "400|invalid_host|GET /health HTTP/1.0~Host: x~Host: y~~",
        "400|invalid_chunk|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked~~x~{}~0~~",
        "400|invalid_chunk|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked~~0x2~{}~0~~",
        "400|invalid_chunk|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked~~-2~{}~0~~",
        "400|invalid_chunk|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked~~ 2~{}~0~~",
        "400|invalid_chunk|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked~~2 ~{}~0~~",
        "400|invalid_chunk|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked~~10000000000000002~{}~0~~",
        "400|invalid_chunk|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked~~ffffffffffffffff~{}~0~~",
        "400|invalid_chunk|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked~~2~{}x~0~~",
        "400|invalid_chunk|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked~~2~{}0~~",
        "400|invalid_line_end|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked~~2!{}!0!!",
        "400|invalid_line_end|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked~~2;a!b~{}~0~~",
        "400|invalid_line_end|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked~~2;a^b~{}~0~~",
        "400|invalid_chunk|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked~~2;=b~{}~0~~",
        "400|invalid_header|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked~~2~{}~0~no colon~~",
        "400|invalid_header|POST /tokenize HTTP/1.1~Host: x~Transfer-Encoding: chunked~~2~{}~0~A : b~~",
      })
  void whatHasMoreThanOneMeaningIsRefusedAndTheConnectionClosed(
      int status, String code, String bytes) throws IOException {
    String sent = bytes.replace("~", "\r\n").replace('^', '\r').replace('!', '\n');
    String answer = talk(sent + NEXT);
    assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
    assertEquals(1, answers(answer), answer);
    assertTrue(answer.contains("connection: close\r\n"), answer);
    assertEquals(code, error(answer).path("code").asText(), answer);
    assertEquals(4, error(answer).size());
    // and in pieces of one byte: nothing depends on where packets end
    try (Socket socket = connect()) {
      for (char c : sent.toCharArray()) {
        try {
          send(socket, String.valueOf(c));
        } catch (IOException e) {
          break;
        }
      }
      assertTrue(all(socket).startsWith("HTTP/1.1 " + status + " "), sent);
    }
  }

  @Test
  void whatIsTooLongIsRefused() throws IOException {
    String line = talk("GET /" + "a".repeat(9000) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    assertEquals("uri_too_long", error(line).path("code").asText());
    String head = "GET /health HTTP/1.1\r\nHost: x\r\n" + "A: b\r\n".repeat(10_000) + "\r\n";
    assertEquals("headers_too_large", error(talk(head)).path("code").asText());
    String chunked = post("HTTP/1.1", "Transfer-Encoding: chunked\r\n", "");
    for (String more :
        List.of("2;a=" + "b".repeat(300) + "\r\n", "1;abcdefgh=1\r\n \r\n".repeat(500))) {
      assertEquals("invalid_chunk", error(talk(chunked + more)).path("code").asText());
    }
    String trailers = chunked + "0\r\n" + "A: b\r\n".repeat(2000);
    assertEquals("headers_too_large", error(talk(trailers)).path("code").asText());
  }

  @Test
  void aFaultyRequestWaitsForTheAnswersBeforeIt() throws IOException {
    String good = post("HTTP/1.1", "Content-Length: " + body("").length() + "\r\n", body(""));
    String answer = talk(good + good + "GET /health HTTP/1.1\r\n\r\n" + NEXT);
    assertEquals(3, answers(answer), answer);
    assertEquals(2, answer.split("HTTP/1.1 200 OK", -1).length - 1, answer);
    assertTrue(answer.lastIndexOf("HTTP/1.1 400 ") > answer.lastIndexOf("HTTP/1.1 200 "), answer);
  }

  @Test
  void aHeadThatDoesNotComeInTimeEndsWith408() throws IOException {
    // the test server gives it one second
    String answer = talk("GET /health HTTP/1.1\r\nHost:");
    assertTrue(answer.startsWith("HTTP/1.1 408 "), answer);
  }

  @Test
  void goodRequestsPassHoweverTheyAreCut() throws IOException {
    String body = body("");
    String chunked =
        "\r\n"
            + post(
                "HTTP/1.1",
                "Transfer-Encoding: Chunked\r\n",
                "5 ; a ; b=\"c;\\\"\"\r\n"
                    + body.substring(0, 5)
                    + "\r\n"
                    + Integer.toHexString(body.length() - 5)
                    + ";x=y\r\n"
                    + body.substring(5)
                    + "\r\n000\r\nX-Trailer: Content-Length: 9\r\n\r\n");
    String plain = post("HTTP/1.1", "Content-Length: " + body.length() + "\r\n", body);
    String absolute = "GET http://other/health HTTP/1.1\r\nHost: [::1]:80\r\n\r\n";
    String together = chunked + plain + absolute + chunked + NEXT;
    for (boolean pieces : new boolean[] {false, true}) {
      try (Socket socket = connect()) {
        if (pieces) {
          for (char c : together.toCharArray()) {
            send(socket, String.valueOf(c));
          }
        } else {
          send(socket, together);
        }
        String answer = all(socket);
        assertEquals(5, answer.split("HTTP/1.1 200 OK", -1).length - 1, answer);
        assertEquals(5, answers(answer), answer);
      }
    }
  }

  @Test
  void anOldClientGetsItsStreamWithoutChunksAndAnEnd() throws IOException {
    String body = body(",\"stream\":true");
    for (String connection : List.of("", "Connection: keep-alive\r\n")) {
      String answer =
          talk(post("HTTP/1.0", connection + "Content-Length: " + body.length() + "\r\n", body));
      assertTrue(answer.contains(" 200 OK\r\n"), answer);
      assertFalse(answer.toLowerCase().contains("transfer-encoding"), answer);
      assertFalse(answer.toLowerCase().contains("keep-alive"), answer);
      assertTrue(answer.contains("\r\n\r\ndata: {"), answer);
      assertTrue(answer.endsWith("data: [DONE]\n\n"), answer);
    }
  }

  @Test
  void connectionsAreKeptAsTheirVersionSays() throws IOException {
    String body = body("");
    String length = "Content-Length: " + body.length() + "\r\n";
    assertEquals(1, answers11(talk(post("HTTP/1.0", length, body))));
    assertEquals(1, answers11(talk(post("HTTP/1.1", length + "Connection: close\r\n", body))));
    for (String version : List.of("HTTP/1.0", "HTTP/1.1")) {
      String one = post(version, length + "Connection: keep-alive\r\n", body);
      assertEquals(3, answers11(talk(one + one + NEXT)), version);
    }
    // streamed: the last chunk is the end, and the connection goes on
    String streamed = body(",\"stream\":true");
    String request = post("HTTP/1.1", "Content-Length: " + streamed.length() + "\r\n", streamed);
    String answer = talk(request + NEXT);
    assertTrue(answer.contains("\r\n0\r\n\r\nHTTP/1.1 200 OK"), answer);
  }

  private static int answers11(String bytes) {
    return bytes.split("HTTP/1\\.[01] 200 OK", -1).length - 1;
  }

  @Test
  void aBodyIsAskedForOnceAndNeverForNothing() throws IOException {
    String body = body("");
    String expect = "Expect: 100-continue\r\n";
    try (Socket socket = connect()) {
      send(
          socket,
          post(
              "HTTP/1.1",
              expect + "Connection: close\r\nContent-Length: " + body.length() + "\r\n",
              ""));
      assertEquals("HTTP/1.1 100 Continue\r\n\r\n", until(socket, "\r\n\r\n"));
      send(socket, body);
      String answer = all(socket);
      assertTrue(answer.startsWith("HTTP/1.1 200 OK"), answer);
      assertFalse(answer.contains("100 Continue"), answer);
    }
    String old = talk(post("HTTP/1.0", expect + "Content-Length: " + body.length() + "\r\n", body));
    assertFalse(old.contains("100 Continue"), old);
    assertTrue(old.contains(" 200 OK"), old);
    String large = post("HTTP/1.1", expect + "Content-Length: 999999999\r\n", "");
    assertRefusedUnread("413", large);
    assertRefusedUnread("404", large.replace("/v1/completions", "/nowhere"));
    assertRefusedUnread("405", large.replace("/v1/completions", "/v1/models"));
    assertRefusedUnread("415", large.replace("application/json", "text/plain"));
    assertRefusedUnread("415", large.replace("Expect", "Content-Encoding: gzip\r\nExpect"));
    assertRefusedUnread("403", large.replace("/v1/completions", "/v1/adapters"));
    assertRefusedUnread("417", large.replace("100-continue", "coffee"));
  }

  private static void assertRefusedUnread(String status, String request) throws IOException {
    try (Socket socket = connect()) {
      send(socket, request);
      String head = until(socket, "\r\n\r\n");
      assertTrue(head.startsWith("HTTP/1.1 " + status), head);
      assertTrue(head.toLowerCase().contains("connection: close"), head);
    }
  }

  @Test
  void headIsGetWithoutABody() throws IOException {
    for (String path :
        List.of(
            "/health",
            "/ready",
            "/version",
            "/openapi.json",
            "/metrics",
            "/v1/models",
            "/v1/models/tiny",
            "/v1/models/nobody",
            "/v1/adapters",
            "/v1/adapters/x")) {
      String rest = " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
      String get = talk("GET" + rest);
      String head = talk("HEAD" + rest);
      assertTrue(head.endsWith("\r\n\r\n"), head);
      assertEquals(get.substring(0, 13), head.substring(0, 13), path);
      assertTrue(head.contains("content-length: "), head);
    }
  }

  @Test
  void aWrongMethodIs405WithAllow() throws Exception {
    for (String[] expected :
        new String[][] {
          {"GET", "/v1/chat/completions", "POST"},
          {"PUT", "/tokenize", "POST"},
          {"DELETE", "/v1/models", "GET, HEAD"},
          {"POST", "/health", "GET, HEAD"},
          {"PATCH", "/v1/adapters", "GET, HEAD, POST"},
          {"POST", "/v1/adapters/x", "DELETE, GET, HEAD"},
          {"POST", "/v1/models/a/b", "GET, HEAD"},
          {"get", "/health", "GET, HEAD"},
        }) {
      String answer =
          talk(
              expected[0]
                  + " "
                  + expected[1]
                  + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      assertTrue(answer.startsWith("HTTP/1.1 405 "), answer);
      assertTrue(answer.contains("Allow: " + expected[2] + "\r\n"), answer);
      assertEquals("method_not_allowed", error(answer).path("code").asText());
    }
  }

  @Test
  void aMalformedPathGetsTheErrorObject() throws IOException {
    for (String target :
        List.of(
            "/v1/models/%zz",
            "/v1/models/%",
            "/%e",
            "/v1/models/%ff",
            "/v1/adapters?pinned=%zz",
            "/v1/adapters/%c3%28",
            "/tokenize%")) {
      String answer = talk("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
      assertEquals("invalid_request_target", error(answer).path("code").asText(), answer);
    }
    String options = talk("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assertEquals("unknown_url", error(options).path("code").asText(), options);
  }

  @Test
  void acceptableCodingsAreNamed() throws IOException {
    String body = body("");
    String fields = "Connection: close\r\nContent-Length: " + body.length() + "\r\n";
    String answer = talk(post("HTTP/1.1", fields + "Content-Encoding: gzip\r\n", body));
    assertTrue(answer.startsWith("HTTP/1.1 415 "), answer);
    assertTrue(answer.contains("Accept-Encoding: identity\r\n"), answer);
    assertTrue(
        talk(post("HTTP/1.1", fields + "Content-Encoding: identity\r\n", body))
            .contains(" 200 OK"));
  }

  @Test
  void browsersOfAllowedOriginsMaySendWhatTheyAskFor() throws IOException {
    String preflight =
        "OPTIONS /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            + "Origin: https://example.org\r\nAccess-Control-Request-Method: POST\r\n"
            + "Access-Control-Request-Headers: authorization,x-stainless-lang\r\n\r\n";
    String answer = talk(preflight);
    assertTrue(answer.startsWith("HTTP/1.1 204 "), answer);
    assertTrue(
        answer.contains("access-control-allow-headers: authorization,x-stainless-lang\r\n"),
        answer);
    String plain = talk(NEXT.replace("Host: x", "Host: x\r\nOrigin: https://example.org"));
    assertTrue(plain.contains("access-control-expose-headers: "), plain);
    assertTrue(plain.matches("(?s).*expose-headers:[^\r]*X-Request-Id.*"), plain);
    String evil = talk(preflight.replace("example.org", "evil.example"));
    assertTrue(evil.startsWith("HTTP/1.1 403 "), evil);
    assertEquals("origin_not_allowed", error(evil).path("code").asText());
  }
}
