package dev.tensafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.server.assembly.ServerAssembly;
import dev.tensafe.server.config.ApiKeyFile;
import dev.tensafe.server.config.ApiKeys.Scope;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** {@code tensafe top} against a server of this build over a socket. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TopTest {
  private Path infer;
  private Path watch;
  private ServerAssembly server;
  private String url;

  @BeforeAll
  void serve(@TempDir Path dir) throws Exception {
    Path model = dir.resolve("m");
    Path keys = dir.resolve("keys.json");
    infer = dir.resolve("infer");
    watch = dir.resolve("watch");
    String key = new ApiKeyFile(keys).add("app", Set.of(Scope.INFER));
    Files.writeString(infer, key);
    Files.writeString(watch, new ApiKeyFile(keys).add("watcher", Set.of(Scope.METRICS)));
    server = TinyServers.load(model, 2_000, keys);
    url = server.listen();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "/v1/completions"))
            .header("Authorization", "Bearer " + key)
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"model\":\"tiny\",\"prompt\":\"hello\",\"max_tokens\":9,\"ignore_eos\":true}"))
            .build();
    assertEquals(
        200,
        HttpClient.newHttpClient()
            .send(request, HttpResponse.BodyHandlers.ofString())
            .statusCode());
  }

  @AfterAll
  void close() {
    server.close();
  }

  @Test
  void onceInPlainLines() {
    CommandRun run =
        CommandRun.of(
            Map.of("TENSAFE_TOP__URL", url, "TENSAFE_TOP__API_KEY_FILE", watch.toString()),
            "top",
            "--once");
    assertEquals(0, run.exit(), run.err());
    assertFalse(run.out().contains("\033"), run.out());
    String first = run.out().lines().findFirst().orElseThrow();
    assertTrue(
        first.matches("TenSafe \\S+  tiny  ready  up \\d+s  \\(rates since start\\)"), first);
    assertTrue(run.out().contains("outputs    complete 1  cancelled 0  failed 0"), run.out());
    assertTrue(run.out().lines().anyMatch(l -> l.matches("app +1 +\\d+ +9")), run.out());
  }

  /** One reading after the other, for whoever reads the pipe. */
  @Test
  void aPipeGetsBlocks() throws Exception {
    Process top =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.tensafe.cli.Main",
                "top",
                "--interval-seconds=1",
                "--url=" + url,
                "--api-key-file=" + watch)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(top.getInputStream(), StandardCharsets.UTF_8))) {
      String second = "";
      for (int blocks = 0; blocks < 2; ) {
        String line = lines.readLine();
        assertTrue(line != null && !line.contains("\033"), line);
        if (line.startsWith("TenSafe ")) {
          blocks++;
          second = line;
        }
      }
      assertFalse(second.contains("since start"), second);
    } finally {
      top.destroy();
      top.waitFor();
    }
  }

  @Test
  void whatIsWrongIsSaidInOneLine() throws Exception {
    refused("top.api_key: the server wants an API key", "--url", url);
    refused("top.scope: ", "--url", url, "--api-key-file", infer.toString());
    refused("top.unreachable: ", "--url", "http://127.0.0.1:1");
    refused("config.url: ", "--url", "nowhere");
    refused("config.rows: ", "--url", url, "--rows", "0");
    Path wrong = Files.writeString(infer.resolveSibling("wrong"), "tsk-none");
    refused(
        "top.api_key: the server refuses the API key",
        "--url",
        url,
        "--api-key-file",
        wrong.toString());
    refused("top.answer: ", "--url", url + "/nothing", "--api-key-file", watch.toString());
  }

  private static void refused(String start, String... options) {
    String[] args = new String[options.length + 2];
    args[0] = "top";
    args[1] = "--once";
    System.arraycopy(options, 0, args, 2, options.length);
    CommandRun run = CommandRun.of(Map.of(), args);
    assertTrue(run.exit() != 0, run.out());
    assertTrue(run.err().lines().anyMatch(l -> l.startsWith(start)), run.err());
  }
}
