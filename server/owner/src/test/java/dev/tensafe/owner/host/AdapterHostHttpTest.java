package dev.tensafe.owner.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.he.host.HostLimits;
import dev.tensafe.he.host.TokenMeter;
import dev.tensafe.tssp.keys.RecipientKey;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The adapter host's two routes on raw sockets: one request a connection, whoever frames it. */
class AdapterHostHttpTest {
  private static final String NEXT = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
  private static AdapterHost host;
  private static AdapterHostHttp http;

  @BeforeAll
  static void start() {
    host =
        new AdapterHost(
            RecipientKey.generate(new SecureRandom()),
            TokenMeter.embedded(InstantSource.system()),
            HostLimits.standard());
    http = AdapterHostHttp.start(host, "127.0.0.1", 0);
  }

  @AfterAll
  static void stop() {
    http.close();
    host.close();
  }

  /** Sends bytes and reads until the host closes the connection. */
  private static String talk(String bytes) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", http.port())) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  private static int answers(String said) {
    return said.split("HTTP/1\\.[01] ", -1).length - 1;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /health HTTP/1.1~Host: x~~",
        "GET /health HTTP/1.0~~",
        "GET /health HTTP/1.0~Connection: keep-alive~~",
        "GET /health HTTP/1.1~Host: x~Content-Length: 5~Transfer-Encoding: chunked~~0~~",
        "GET /health HTTP/1.1~Host: x~Transfer-Encoding: xchunked~~0~~",
        "GET /health HTTP/1.1~Host: x~Content-Length: 1~Content-Length: 2~~ab",
        "POST /nothing HTTP/1.1~Host: x~Content-Length: 2~~ab",
      })
  void aConnectionServesOneRequest(String request) throws IOException {
    String said = talk(request.replace("~", "\r\n") + NEXT + NEXT);
    assertEquals(1, answers(said), said);
    assertTrue(
        request.contains("HTTP/1.0") || said.toLowerCase(Locale.ROOT).contains("connection: close"),
        said);
  }

  @Test
  void headIsGetWithoutItsBody() throws IOException {
    for (String route : new String[] {"/health", "/metrics"}) {
      String get = talk("GET " + route + " HTTP/1.1\r\nHost: x\r\n\r\n");
      String head = talk("HEAD " + route + " HTTP/1.1\r\nHost: x\r\n\r\n");
      assertTrue(get.startsWith("HTTP/1.1 200 ") && head.startsWith("HTTP/1.1 200 "), head);
      assertTrue(head.endsWith("\r\n\r\n"), head);
      assertEquals(fields(get), fields(head));
    }
  }

  /** Names of an answer's fields. */
  private static Set<String> fields(String answer) {
    return answer
        .substring(0, answer.indexOf("\r\n\r\n"))
        .lines()
        .skip(1)
        .map(line -> line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void whatIsNotServedIsSaidInAnErrorObject() throws IOException {
    String post = talk("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    assertTrue(post.startsWith("HTTP/1.1 405 "), post);
    assertTrue(post.contains("allow: GET, HEAD\r\n"), post);
    assertEquals("method_not_allowed", code(post));
    for (String path : new String[] {"/v1/models", "/%zz", "/", "*"}) {
      String other = talk("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
      assertTrue(other.startsWith("HTTP/1.1 404 "), other);
      assertEquals("not_found", code(other));
      assertFalse(other.contains("zz"), "nothing of a request is said back");
    }
  }

  private static String code(String answer) throws IOException {
    return new ObjectMapper()
        .readTree(answer.substring(answer.indexOf("\r\n\r\n") + 4))
        .at("/error/code")
        .asText();
  }
}
