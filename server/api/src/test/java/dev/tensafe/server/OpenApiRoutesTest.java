package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.runtime.Version;
import dev.tensafe.server.http.RegisteredRoutes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/api/openapi.yaml documents the routes there are, and is what is served. */
class OpenApiRoutesTest {
  @Test
  void theDocumentHasTheRoutesOfTheRouterAndIsServed(@TempDir Path directory) throws Exception {
    ApiSpec spec = ApiSpec.read("openapi.yaml");
    try (TestServer server = TestServer.start(directory)) {
      assertEquals(RegisteredRoutes.of(server.server), spec.operations().keySet());
      HttpResponse<String> answer = server.get("/openapi.json");
      assertEquals(200, answer.statusCode());
      assertEquals("application/json", answer.headers().firstValue("content-type").orElse(""));
      JsonNode served = new ObjectMapper().readTree(answer.body());
      assertEquals(spec.root(), served);
    }
  }

  @Test
  void whatTheDescriptionSaysOfEveryRoute(@TempDir Path directory) throws Exception {
    try (TestServer server = TestServer.start(directory)) {
      assertEquals(200, server.get("/version/").statusCode());
      assertEquals(200, server.get("/v1/models/").statusCode());
      assertEquals("HTTP/1.1 200 OK", status(server, "HEAD /version", ""));
      assertEquals("HTTP/1.1 400 Bad Request", status(server, "GET /v1/models/%zz", ""));
      assertEquals(
          "HTTP/1.1 417 Expectation Failed",
          status(server, "POST /tokenize", "Content-Length: 0\r\nExpect: more\r\n"));
    }
  }

  /** The first line of the answer to a request that HTTP clients would not send. */
  private static String status(TestServer server, String request, String headers)
      throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.uri("").getPort())) {
      socket.setSoTimeout(30_000);
      String head = request + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      return new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII)).readLine();
    }
  }

  @Test
  void theDocumentsHaveTheVersionOfTheBuild() {
    for (String file : new String[] {"openapi.yaml", "adapter-host.yaml"}) {
      assertEquals(Version.current(), ApiSpec.read(file).root().at("/info/version").asText(), file);
    }
  }
}
