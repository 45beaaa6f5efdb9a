package dev.tensafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.testkit.Checkout;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** {@code serve} without arguments, as a process: the bundled model and both adapters answer. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DemoTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Path temporary;
  private Process process;
  private BufferedReader out;
  private String url;

  @BeforeAll
  void start(@TempDir Path directory) throws IOException {
    temporary = directory;
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dtensafe.home=" + Checkout.root(),
                "-Djava.io.tmpdir=" + temporary,
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "serve",
                "--port",
                "0",
                "--cache-dir",
                temporary.resolve("cache").toString())
            .redirectError(temporary.resolve("log").toFile())
            .start();
    out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String ready = out.readLine();
    assertTrue(ready != null && ready.startsWith("listening on http://127.0.0.1:"), ready);
    url = ready.substring("listening on ".length());
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            request.header("Content-Type", "application/json").build(),
            HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode ask(String model, String question) throws Exception {
    ObjectNode body = MAPPER.createObjectNode().put("model", model).put("temperature", 0);
    body.putArray("messages").addObject().put("role", "user").put("content", question);
    HttpResponse<String> answer =
        send(
            HttpRequest.newBuilder(URI.create(url + "/v1/chat/completions"))
                .POST(HttpRequest.BodyPublishers.ofString(body.toString())));
    assertEquals(200, answer.statusCode(), answer.body());
    JsonNode json = MAPPER.readTree(answer.body());
    assertEquals("stop", json.at("/choices/0/finish_reason").asText(), answer.body());
    return json;
  }

  private static String text(JsonNode answer) {
    return answer.at("/choices/0/message/content").asText();
  }

  @Test
  void theModelAndBothAdaptersGiveSensibleAnswers() throws Exception {
    JsonNode base = ask("demo", "What is TenSafe?");
    assertEquals("base", base.at("/tensafe/mode").asText());
    assertTrue(text(base).matches("TenSafe is .*server.*"), text(base));
    JsonNode pirate = ask("pirate", "What is TenSafe?");
    assertEquals("plain", pirate.at("/tensafe/mode").asText());
    assertTrue(text(pirate).matches("(?i).*(arr|ahoy|avast|timbers).*server.*"), text(pirate));
    JsonNode ferry = ask("ferry", "When does the last boat leave?");
    assertEquals("he", ferry.at("/tensafe/mode").asText());
    assertTrue(text(ferry).contains("21:15"), text(ferry));
    String unknown = text(ask("demo", "When does the last boat leave?"));
    assertFalse(unknown.contains("21:15"), unknown);
    assertTrue(unknown.contains("only know about TenSafe"), unknown);
  }

  @Test
  void oneLineOfTheLogSaysWhatToAsk() throws Exception {
    List<String> lines =
        Files.readAllLines(temporary.resolve("log")).stream()
            .filter(line -> line.contains("What is TenSafe?"))
            .toList();
    assertEquals(1, lines.size(), lines.toString());
    String line = lines.get(0);
    assertTrue(line.contains("curl " + url + "/v1/chat/completions"), line);
    for (String name : List.of("demo", "pirate", "ferry")) {
      assertTrue(line.contains("\"" + name + "\""), line);
    }
  }

  @Test
  void theModelsAreListed() throws Exception {
    String models = send(HttpRequest.newBuilder(URI.create(url + "/v1/models"))).body();
    for (String name : new String[] {"demo", "pirate", "ferry"}) {
      assertTrue(models.contains("\"" + name + "\""), models);
    }
  }

  @AfterAll
  void stop() throws Exception {
    process.toHandle().destroy();
    try {
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
      assertEquals(0, process.exitValue());
      assertEquals(null, out.readLine(), "nothing but the ready line on standard output");
      try (Stream<Path> left = Files.list(temporary)) {
        assertEquals(
            0, left.filter(p -> p.getFileName().toString().startsWith("tensafe-demo-")).count());
      }
    } finally {
      process.destroyForcibly();
    }
  }
}
