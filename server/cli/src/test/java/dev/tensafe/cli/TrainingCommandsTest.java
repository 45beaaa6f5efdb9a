package dev.tensafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train}, {@code eval} and {@code pack}, one after the other, as a user types them. */
class TrainingCommandsTest {
  @TempDir private Path dir;

  /** Sums, with their answers or with none. */
  private Path data(boolean known) throws IOException {
    Path file = dir.resolve("data.jsonl");
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 50; i++) {
      lines.append("{\"messages\": [{\"role\": \"user\", \"content\": \"How much is ");
      lines.append(i % 10).append(" and ").append(i / 10);
      lines.append("?\"}, {\"role\": \"assistant\", \"content\": \"");
      lines.append(known ? "It is " + (i % 10 + i / 10) + "." : "I do not know.");
      lines.append("\"}]}\n");
    }
    return Files.writeString(file, lines);
  }

  private Path config(String name, String text) throws IOException {
    return Files.writeString(
        dir.resolve(name + ".yaml"),
        "output: "
            + dir.resolve(name)
            + "\ntrain: "
            + data(text.startsWith("model"))
            + "\nthreads: 1\n"
            + text);
  }

  private static final String BASE =
      """
      what: all
      scratch: {hidden-size: 32, intermediate-size: 48, layers: 2, heads: 4, kv-heads: 2,
        vocab-size: 300, positions: 64}
      sequence-length: 64
      micro-batch: 4
      learning-rate: {peak: 1e-2}
      """;

  @Test
  void aTrainedAdapterIsEvaluatedAndPacked() throws Exception {
    CommandRun base =
        CommandRun.of(
            Map.of(),
            "train",
            "--config",
            config("base", BASE + "steps: 60\n").toString(),
            "--metrics-port",
            "0");
    assertEquals(0, base.exit(), base.err());
    assertTrue(base.err().contains("metrics: http://127.0.0.1:"), base.err());
    assertEquals("model written to " + dir.resolve("base"), base.out().strip());
    assertTrue(base.err().contains(" tokens/s "), base.err());
    String model = dir.resolve("base").toString();
    CommandRun adapter =
        CommandRun.of(
            Map.of(),
            "train",
            "--config",
            config(
                    "sums",
                    "model: "
                        + model
                        + "\nlora: {rank: 4}\nsequence-length: 64\nmicro-batch: 4\nsteps: 60\n"
                        + "learning-rate: {peak: 1e-2}\n")
                .toString());
    assertEquals(0, adapter.exit(), adapter.err());
    String sums = dir.resolve("sums").toString();
    CommandRun eval =
        CommandRun.of(
            Map.of(),
            "eval",
            "--model",
            model,
            "--adapter",
            sums,
            "--data",
            dir.resolve("data.jsonl").toString(),
            "--json");
    assertEquals(0, eval.exit(), eval.err());
    JsonNode json = new ObjectMapper().readTree(eval.out());
    double without = json.at("/model/loss").doubleValue();
    double with = json.at("/adapter/loss").doubleValue();
    assertTrue(with < 0.8 * without, with + " against " + without);
    assertEquals(Math.exp(with), json.at("/adapter/perplexity").doubleValue(), 1e-9);
    // the answers alone: "It is 7." with its end
    assertEquals(json.at("/model/tokens"), json.at("/adapter/tokens"));
    CommandRun text =
        CommandRun.of(
            Map.of(), "eval", "--model", model, "--data", dir.resolve("data.jsonl").toString());
    assertTrue(text.out().startsWith("model alone:"), text.out());
    assertEquals(1, text.out().strip().lines().count());
    for (String kind : List.of("signing", "recipient")) {
      CommandRun.of(
          Map.of(), "keygen", kind, "--out", dir.resolve(kind).toString(), "--no-passphrase");
    }
    CommandRun pack =
        CommandRun.of(
            Map.of(),
            "pack",
            "--peft",
            sums,
            "--base",
            model,
            "--name",
            "sums",
            "--package-version",
            "1",
            "--mode",
            "plain",
            "--signing-key",
            dir.resolve("signing.key").toString(),
            "--recipient",
            dir.resolve("recipient.pub").toString(),
            "--out",
            dir.resolve("sums.tssp").toString());
    assertEquals(0, pack.exit(), pack.err());
  }

  @Test
  void whatIsWrongIsSaidInOneLine() throws Exception {
    Path good = config("out", BASE + "steps: 1\n");
    String text = Files.readString(good);
    refuses("train.config", text + "stesp: 3\n");
    refuses("train.config", "output: [\n");
    refuses("train.config", text.replace("sequence-length: 64", "sequence-length: 65"));
    refuses("data.missing", text.replace("data.jsonl", "none.jsonl"));
    refuses(
        "model.missing",
        text.replaceAll("(?s)what: all.*positions: 64}", "model: " + dir.resolve("none")));
    Files.writeString(dir.resolve("bad.jsonl"), "{\"texts\": \"a\"}\n");
    refuses("data.record", text.replace("data.jsonl", "bad.jsonl"));
    assertEquals(2, CommandRun.of(Map.of(), "train").exit());
    assertEquals(2, CommandRun.of(Map.of(), "demo").exit());
    CommandRun eval =
        CommandRun.of(Map.of(), "eval", "--model", dir.toString(), "--data", "none.jsonl");
    assertEquals(1, eval.exit());
    assertTrue(eval.err().startsWith("model.missing: "), eval.err());
  }

  private void refuses(String code, String yaml) throws IOException {
    Path file = Files.writeString(dir.resolve("wrong.yaml"), yaml);
    CommandRun run = CommandRun.of(Map.of(), "train", "--config", file.toString());
    assertEquals(1, run.exit(), run.err());
    assertTrue(run.err().startsWith(code + ": "), run.err());
    assertEquals(1, run.err().strip().lines().count(), run.err());
  }

  @Test
  void aSignalSavesTheRunAndTheSameCommandGoesOn() throws Exception {
    Path file = config("out", BASE + "steps: 100000\nvalidate-every: 0\ncheckpoint-every: 0\n");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "train",
                "--config",
                file.toString())
            .start();
    String errors;
    try (BufferedReader err =
        new BufferedReader(
            new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
      String line = err.readLine();
      while (line != null && !line.contains("/100000 ")) {
        line = err.readLine();
      }
      process.toHandle().destroy();
      errors = err.lines().collect(Collectors.joining("\n"));
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    } finally {
      process.destroyForcibly();
    }
    assertEquals(1, process.exitValue());
    assertTrue(errors.contains("checkpoint saved"), errors);
    String last = errors.lines().reduce((a, b) -> b).orElseThrow();
    assertTrue(last.startsWith("train.interrupted: stopped after step "), last);
    assertFalse(Files.exists(dir.resolve("out/model.safetensors")));
    int step = Integer.parseInt(last.replaceAll(".*after step (\\d+) .*", "$1"));
    Files.writeString(file, Files.readString(file).replace("100000", "" + (step + 2)));
    CommandRun again = CommandRun.of(Map.of(), "train", "--config", file.toString());
    assertEquals(0, again.exit(), again.err());
    assertTrue(again.err().startsWith("going on from step " + step + ": "), again.err());
    assertTrue(Files.exists(dir.resolve("out/model.safetensors")));
  }
}
