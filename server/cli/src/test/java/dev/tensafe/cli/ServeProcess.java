package dev.tensafe.cli;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** {@code tensafe serve} of a tiny model in a process of its own. */
final class ServeProcess implements AutoCloseable {
  private static final long PATIENCE_NANOS = 60_000_000_000L;

  final String url;
  private final Process process;
  private final BufferedReader errors;
  private final List<String> lines = new ArrayList<>();
  private final HttpClient http = HttpClient.newHttpClient();

  private ServeProcess(Process process, BufferedReader errors, String url) {
    this.process = process;
    this.errors = errors;
    this.url = url;
  }

  /**
   * Starts one and returns when it listens.
   *
   * @param dir for its model
   * @param more options of the command
   */
  static ServeProcess start(Path dir, Map<String, String> environment, String... more)
      throws IOException {
    Path model = dir.resolve("tiny");
    SyntheticModel.write(model, SyntheticModel.llama(32, 32, 2, 2, 1, 300, 256), DType.F32, 1);
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "serve",
                "--model",
                model.toString(),
                "--port",
                "0"));
    command.addAll(List.of(more));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.matches("(TENSAFE|OTEL)_.*"));
    builder.environment().put("HOME", dir.toString());
    builder.environment().putAll(environment);
    Process process = builder.start();
    BufferedReader errors = process.errorReader(StandardCharsets.UTF_8);
    String line = process.inputReader(StandardCharsets.UTF_8).readLine();
    if (line == null || !line.startsWith("listening on ")) {
      process.destroyForcibly();
      throw new AssertionError(line + ": " + errors.lines().toList());
    }
    return new ServeProcess(process, errors, line.substring("listening on ".length()));
  }

  /** Sends it a signal by its short name. */
  void signal(String name) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    if (kill.waitFor() != 0) {
      throw new AssertionError("kill -" + name + " failed");
    }
  }

  /** Asks for a completion. */
  HttpResponse<String> ask(String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + "/v1/completions"))
            .setHeader("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"model\":\"tiny\",\"prompt\":\"a\",\"max_tokens\":2}"));
    for (int i = 0; i < headers.length; i += 2) {
      request.setHeader(headers[i], headers[i + 1]);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Reads lines of its log until one is as it should be. */
  String await(Predicate<String> wanted) throws IOException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (System.nanoTime() < deadline) {
      if (!errors.ready()) {
        if (!process.isAlive() && !errors.ready()) {
          break;
        }
        Thread.onSpinWait();
        continue;
      }
      @Nullable String line = errors.readLine();
      if (line == null) {
        break;
      }
      lines.add(line);
      if (wanted.test(line)) {
        return line;
      }
    }
    throw new AssertionError("no such line, but " + lines);
  }

  /** The lines that were read. */
  List<String> lines() {
    return List.copyOf(lines);
  }

  /** Ends it as an operator does; returns what it ended with, and keeps the rest of its lines. */
  int stop() throws Exception {
    signal("TERM");
    errors.lines().forEach(lines::add);
    return process.waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
