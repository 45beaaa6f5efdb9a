package dev.tensafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exit codes and messages of the command line, in this process and as a process. */
class CommandLineTest {
  private static void refuses(String code, String... args) {
    CommandRun result = CommandRun.of(Map.of(), args);
    assertEquals(1, result.exit(), result.err());
    assertTrue(result.err().startsWith(code + ":"), result.err());
    assertEquals(1, result.err().strip().lines().count(), "one line: " + result.err());
    assertEquals("", result.out());
  }

  private static ObjectNode shape() {
    return SyntheticModel.llama(16, 16, 1, 2, 1, 300, 64);
  }

  @Test
  void helpVersionAndWrongUsage() {
    assertEquals(0, CommandRun.of(Map.of(), "--help").exit());
    assertEquals(0, CommandRun.of(Map.of(), "serve", "--help").exit());
    assertEquals("tensafe 0.1.0", CommandRun.of(Map.of(), "version").out().strip());
    assertEquals(
        "{\"version\":\"0.1.0\"}", CommandRun.of(Map.of(), "version", "--json").out().strip());
    assertEquals(2, CommandRun.of(Map.of()).exit());
    assertEquals(2, CommandRun.of(Map.of(), "nonsense").exit());
    assertEquals(2, CommandRun.of(Map.of(), "serve", "--nonsense").exit());
    assertEquals(2, CommandRun.of(Map.of(), "serve", "--probe-rate", "64").exit());
    assertEquals(2, CommandRun.of(Map.of(), "serve", "--allow-unverified-adapters").exit());
    CommandRun port = CommandRun.of(Map.of(), "serve", "--port", "abc");
    assertEquals(2, port.exit());
    assertTrue(port.err().contains("--port"), port.err());
  }

  @Test
  void settingsAreCheckedAndErrorsNameTheKey(@TempDir Path dir) throws IOException {
    Path model = dir.resolve("m");
    SyntheticModel.write(model, shape(), DType.F32, 1);
    String m = model.toString();
    refuses("config.model", "serve");
    refuses("config.port", "serve", "--model", m, "--port", "70000");
    refuses("config.api-keys", "serve", "--model", m, "--host", "0.0.0.0");
    refuses("config.dtype", "serve", "--model", m, "--dtype", "f8");
    refuses("config.numerics", "serve", "--model", m, "--numerics", "exact");
    refuses("config.prefix-cache", "serve", "--model", m, "--prefix-cache", "yes");
    refuses(
        "config.public-prompt",
        "serve",
        "--model",
        m,
        "--prefix-cache",
        "off",
        "--public-prompt",
        m);
    refuses("model.unknown_executor", "serve", "--model", m, "--executor", "tensor", "--port", "0");
    refuses("config.threads", "serve", "--model", m, "--threads", "0");
    refuses("config.max-model-len", "serve", "--model", m, "--max-model-len", "65", "--port", "0");
    refuses("config.tls", "serve", "--model", m, "--tls-cert", "x");
    refuses("config.cors-origins", "serve", "--model", m, "--cors-origins", "*");
    refuses("config.log-format", "serve", "--model", m, "--log-format", "xml");
    refuses("config.tokens-per-step", "serve", "--model", m, "--tokens-per-step", "3");
    refuses("config.pad-memory-mib", "serve", "--model", m, "--pad-memory-mib", "-1");
    refuses("config.adapter-host-uid", "serve", "--model", m, "--adapter-host-uid", "-1");
    Path yaml = Files.writeString(dir.resolve("c.yaml"), "modell: x\n");
    refuses("config.modell", "serve", "--config", yaml.toString());
    Files.writeString(yaml, "model: [\n");
    refuses("config.file", "serve", "--config", yaml.toString());
    refuses("config.file", "serve", "--config", dir.resolve("none.yaml").toString());
    Files.writeString(yaml, "model: " + m + "\nport: 70000\n");
    refuses("config.port", "serve", "--config", yaml.toString());
  }

  @Test
  void flagsWinOverEnvironmentAndEnvironmentOverFile(@TempDir Path dir) throws IOException {
    Path yaml =
        Files.writeString(dir.resolve("c.yaml"), "model: /none\nport: 70001\nthreads: 100000\n");
    Map<String, String> environment = Map.of("TENSAFE_PORT", "70002");
    String file = yaml.toString();
    assertTrue(
        CommandRun.of(environment, "serve", "--config", file, "--threads", "1")
            .err()
            .contains("70002"));
    assertTrue(
        CommandRun.of(environment, "serve", "--config", file, "--threads", "1", "--port", "70003")
            .err()
            .contains("70003"));
    assertTrue(
        CommandRun.of(Map.of(), "serve", "--config", file, "--threads", "1")
            .err()
            .contains("70001"));
    Map<String, String> named = Map.of("TENSAFE_CONFIG", file);
    assertTrue(CommandRun.of(named, "serve", "--threads", "1").err().contains("70001"));
  }

  @Test
  void brokenModelsAreRefusedWithTheReason(@TempDir Path dir) throws IOException {
    refuses("model.missing", "serve", "--model", dir.resolve("none").toString(), "--port", "0");
    refuses("model.missing", "serve", "--model", dir.toString(), "--port", "0");
    int i = 0;
    for (String[] change :
        new String[][] {
          {"model.architecture", "architectures", "[\"MambaForCausalLM\"]"},
          {"model.rope", "rope_scaling", "{\"rope_type\":\"longrope\"}"},
          {"model.config", "hidden_act", "\"gelu\""},
          {"model.config", "num_key_value_heads", "3"},
          {"model.config", "hidden_size", "-16"},
          {"model.tensor_shape", "intermediate_size", "32"},
          {"model.tensor_missing", "num_hidden_layers", "2"},
          {"model.tensor_missing", "tie_word_embeddings", "false"},
        }) {
      Path model = dir.resolve("m" + i++);
      SyntheticModel.write(model, shape(), DType.F32, 1);
      Path config = model.resolve("config.json");
      ObjectNode node = shape();
      node.set(change[1], new com.fasterxml.jackson.databind.ObjectMapper().readTree(change[2]));
      Files.writeString(config, node.toString());
      refuses(change[0], "serve", "--model", model.toString(), "--port", "0");
    }
    Path truncated = dir.resolve("t");
    SyntheticModel.write(truncated, shape(), DType.F32, 1);
    try (RandomAccessFile file =
        new RandomAccessFile(truncated.resolve("model.safetensors").toFile(), "rw")) {
      file.setLength(file.length() - 100);
    }
    refuses("safetensors.truncated", "serve", "--model", truncated.toString(), "--port", "0");
    Path template = dir.resolve("j");
    SyntheticModel.write(template, shape(), DType.F32, 1);
    Files.writeString(template.resolve("chat_template.jinja"), "{% include 'x' %}");
    refuses("template.unsupported", "serve", "--model", template.toString());
  }

  @Test
  void apiKeysAreAddedOnce(@TempDir Path dir) {
    String file = dir.resolve("k.json").toString();
    CommandRun added =
        CommandRun.of(Map.of(), "apikey", "add", "--file", file, "--name", "a", "--scope", "infer");
    assertEquals(0, added.exit(), added.err());
    assertTrue(added.out().startsWith("tsk-"));
    refuses("config.api-keys", "apikey", "add", "--file", file, "--name", "a", "--scope", "infer");
    refuses("config.api-keys", "apikey", "add", "--file", file, "--name", "b", "--scope", "root");
    assertEquals(2, CommandRun.of(Map.of(), "apikey", "add", "--file", file).exit());
    CommandRun rotated = CommandRun.of(Map.of(), "apikey", "rotate", "--file", file, "--name", "a");
    assertTrue(rotated.out().startsWith("tsk-"), rotated.err());
    assertNotEquals(added.out(), rotated.out());
    CommandRun listed = CommandRun.of(Map.of(), "apikey", "list", "--file", file);
    assertEquals(List.of("a  infer", "1 keys"), listed.out().lines().toList());
    assertEquals(
        0, CommandRun.of(Map.of(), "apikey", "remove", "--file", file, "--name", "a").exit());
    refuses("config.api-keys", "apikey", "remove", "--file", file, "--name", "a");
    refuses("config.api-keys", "apikey", "rotate", "--file", file, "--name", "a");
  }

  @Test
  void aProcessPrintsOneLineDrainsOnSigtermAndAbortsOnTheSecond(@TempDir Path dir)
      throws Exception {
    Path model = dir.resolve("m");
    SyntheticModel.write(model, SyntheticModel.llama(32, 32, 2, 2, 1, 300, 60_000), DType.F32, 1);
    Process process = serve(model);
    try (BufferedReader out = reader(process)) {
      String ready = out.readLine();
      assertTrue(ready.matches("listening on http://127\\.0\\.0\\.1:\\d+"), ready);
      HttpResponse<java.util.stream.Stream<String>> answer = stream(ready, 3000);
      var lines = answer.body().iterator();
      assertTrue(lines.next().startsWith("data: "));
      process.toHandle().destroy();
      List<String> rest = new ArrayList<>();
      lines.forEachRemaining(rest::add);
      assertTrue(rest.contains("data: [DONE]"), "the running request was cut");
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
      assertEquals(0, process.exitValue());
      assertEquals(null, out.readLine(), "nothing but the ready line on standard output");
    } finally {
      process.destroyForcibly();
    }
    Process aborted = serve(model);
    try (BufferedReader out = reader(aborted)) {
      var lines = stream(out.readLine(), 50_000).body().iterator();
      assertTrue(lines.next().startsWith("data: "));
      aborted.toHandle().destroy();
      lines.next();
      // the second signal must be a second one: give the first time to be taken
      while (aborted.isAlive()) {
        aborted.toHandle().destroy();
        aborted.waitFor(200, TimeUnit.MILLISECONDS);
      }
      assertFalse(aborted.exitValue() == 0);
    } finally {
      aborted.destroyForcibly();
    }
  }

  private static Process serve(Path model) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        Arrays.asList(
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "serve",
            "--model",
            model.toString(),
            "--port",
            "0",
            "--threads",
            "1"));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static BufferedReader reader(Process process) {
    return new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  private static HttpResponse<java.util.stream.Stream<String>> stream(String ready, int tokens)
      throws Exception {
    String url = ready.substring("listening on ".length());
    String body =
        "{\"model\":\"m\",\"prompt\":\"a\",\"stream\":true,\"ignore_eos\":true,\"max_tokens\":"
            + tokens
            + "}";
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(url + "/v1/completions"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofLines());
  }
}
