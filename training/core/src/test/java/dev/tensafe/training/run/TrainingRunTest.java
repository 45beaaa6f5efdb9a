package dev.tensafe.training.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.training.TrainingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs of small models on one thread, over real files. */
class TrainingRunTest {
  private static final String SCRATCH =
      """
      what: all
      scratch: {hidden-size: 32, intermediate-size: 48, layers: 2, heads: 4, kv-heads: 2,
        vocab-size: 300, positions: 64}
      sequence-length: 32
      micro-batch: 4
      learning-rate: {peak: 1e-2, warm-up-steps: 3}
      """;

  @TempDir private Path dir;
  private Path data;

  /** Keeps what it hears. */
  private static final class Heard implements RunListener {
    final List<Double> losses = new ArrayList<>();
    final List<Double> validated = new ArrayList<>();
    final List<String> samples = new ArrayList<>();
    final List<String> warnings = new ArrayList<>();
    final List<Integer> saved = new ArrayList<>();
    int first;
    long skipped;

    @Override
    public void started(int firstStep, int steps, long trained, int examples, int heldOut) {
      first = firstStep;
    }

    @Override
    public void step(int step, double loss, double rate, double norm, long tokens, long skips) {
      losses.add(loss);
      skipped = skips;
    }

    @Override
    public void validated(int step, double loss) {
      validated.add(loss);
    }

    @Override
    public void sampled(int step, String prompt, String text) {
      samples.add(text);
    }

    @Override
    public void saved(int step) {
      saved.add(step);
    }

    @Override
    public void warned(String message) {
      warnings.add(message);
    }
  }

  @BeforeEach
  void writeData() throws IOException {
    data = dir.resolve("data.jsonl");
    StringBuilder lines = new StringBuilder();
    String[] who = {"the cook", "a sailor", "our neighbour", "the old clerk"};
    String[] what = {"paints", "repairs", "sells", "cleans"};
    String[] which = {"the red boat", "a wooden chair", "the garden gate", "two lamps"};
    for (int i = 0; i < 64; i++) {
      lines.append("{\"text\": \"").append(who[i % 4]).append(' ').append(what[i / 4 % 4]);
      lines.append(' ').append(which[i / 16]).append(".\"}\n");
    }
    Files.writeString(data, lines);
  }

  private RunConfig config(String output, String more) throws IOException {
    Path file = dir.resolve("run.yaml");
    Files.writeString(
        file, "output: " + dir.resolve(output) + "\ntrain: " + data + "\nthreads: 1\n" + more);
    return RunConfigReader.read(file);
  }

  private Heard run(RunConfig config) {
    return run(config, () -> false);
  }

  private static Heard run(RunConfig config, BooleanSupplier stop) {
    Heard heard = new Heard();
    new TrainingRun(config, heard, stop).run();
    return heard;
  }

  private static byte[] weights(Path directory) throws IOException {
    return Files.readAllBytes(directory.resolve("model.safetensors"));
  }

  @Test
  void aModelFromNothingLearnsAndOpensAsACheckpoint() throws Exception {
    Heard heard =
        run(
            config(
                "out",
                SCRATCH
                    + "steps: 60\nvalidate-every: 20\n"
                    + "sample: {every: 30, prompts: [\"the cook\", \"a\"], tokens: 8}\n"));
    assertEquals(60, heard.losses.size());
    assertTrue(heard.losses.get(59) < 0.3 * heard.losses.get(0), heard.losses.toString());
    assertEquals(3, heard.validated.size());
    assertTrue(heard.validated.get(2) < heard.validated.get(0));
    assertEquals(4, heard.samples.size());
    try (ModelFiles files = ModelFiles.open(dir.resolve("out"), Clock.systemUTC())) {
      assertTrue(
          files.checkpoint().tensors().values().stream()
              .allMatch(info -> info.dtype() == DType.BF16));
      assertEquals(Set.of(2), files.config().eosTokens());
    }
    Loss loss = ModelEvaluation.loss(dir.resolve("out"), Optional.empty(), data, 32, 1);
    assertEquals(heard.validated.get(2), loss.nats(), 0.25);
    assertEquals(Math.exp(loss.nats()), loss.perplexity());
  }

  @Test
  void aRunThatWasStoppedEndsAsOneThatWasNot() throws Exception {
    String more =
        SCRATCH
            + """
            steps: 30
            accumulation: 2
            checkpoint-every: 7
            save-as: f32
            """;
    run(config("whole", more));
    int[] asked = new int[1];
    // in the middle of a step, after two checkpoints
    BooleanSupplier stop = () -> ++asked[0] > 2 * 17 + 1;
    Heard first = new Heard();
    RunConfig config = config("parts", more);
    TrainingException e =
        assertThrows(TrainingException.class, () -> new TrainingRun(config, first, stop).run());
    assertEquals("train.interrupted", e.code());
    assertEquals(List.of(7, 14, 17), first.saved);
    assertFalse(Files.exists(dir.resolve("parts/model.safetensors")));
    Heard second = run(config);
    assertEquals(17, second.first);
    assertEquals(List.of(21, 28, 30), second.saved);
    assertArrayEquals(weights(dir.resolve("whole")), weights(dir.resolve("parts")));
    Heard again = run(config);
    assertEquals(30, again.first);
    assertEquals(0, again.losses.size());
    assertArrayEquals(weights(dir.resolve("whole")), weights(dir.resolve("parts")));
  }

  @Test
  void stepsBelowACheckpointAreRefusedAndStepsThatAreDoneAreSaidToBe() throws Exception {
    run(config("out", SCRATCH + "steps: 3\n"));
    byte[] result = weights(dir.resolve("out"));
    for (String length : new String[] {"steps: 2\n", "epochs: 0.1\n"}) {
      RunConfig lowered = config("out", SCRATCH + length);
      TrainingException e = assertThrows(TrainingException.class, () -> run(lowered));
      assertEquals("train.steps", e.code());
      assertTrue(e.getMessage().contains("its newest checkpoint is of step 3"), e.getMessage());
    }
    Heard again = run(config("out", SCRATCH + "steps: 3\n"));
    assertEquals(
        List.of("all 3 steps are done already: nothing is trained, the result is saved"),
        again.warnings);
    assertArrayEquals(result, weights(dir.resolve("out")));
  }

  @Test
  void dropoutGoesOnAsItWouldHave() throws Exception {
    run(config("base", SCRATCH + "steps: 10\n"));
    String lora =
        "what: lora\nmodel: "
            + dir.resolve("base")
            + """

            lora: {rank: 4, dropout: 0.3, targets: [q_proj, down_proj]}
            sequence-length: 32
            micro-batch: 4
            steps: 12
            checkpoint-every: 5
            """;
    run(config("whole", lora));
    int[] asked = new int[1];
    RunConfig config = config("parts", lora);
    assertThrows(
        TrainingException.class,
        () -> new TrainingRun(config, new Heard(), () -> ++asked[0] > 8).run());
    assertEquals(8, run(config).first);
    Path file = Path.of("adapter_model.safetensors");
    assertArrayEquals(
        Files.readAllBytes(dir.resolve("whole").resolve(file)),
        Files.readAllBytes(dir.resolve("parts").resolve(file)));
    JsonNode json = new ObjectMapper().readTree(dir.resolve("whole/adapter_config.json").toFile());
    assertEquals("base", json.path("base_model_name_or_path").asText());
    assertEquals("[\"q_proj\",\"down_proj\"]", json.path("target_modules").toString());
  }

  @Test
  void theSameSeedRepeatsARunAndAnotherDoesNot() throws Exception {
    String more = SCRATCH + "steps: 8\nsave-as: f32\n";
    run(config("a", more));
    run(config("b", more));
    run(config("c", more + "seed: 2\n"));
    assertArrayEquals(weights(dir.resolve("a")), weights(dir.resolve("b")));
    assertFalse(java.util.Arrays.equals(weights(dir.resolve("a")), weights(dir.resolve("c"))));
  }

  @Test
  void theNewestThreeCheckpointsStay() throws Exception {
    Heard heard = run(config("out", SCRATCH + "steps: 20\ncheckpoint-every: 4\n"));
    assertEquals(List.of(4, 8, 12, 16, 20), heard.saved);
    assertEquals(Set.of("step-12", "step-16", "step-20"), checkpoints());
  }

  private Set<String> checkpoints() throws IOException {
    try (Stream<Path> files = Files.list(dir.resolve("out/checkpoints"))) {
      Set<String> out = new TreeSet<>();
      files.forEach(f -> out.add(f.getFileName().toString()));
      return out;
    }
  }

  @Test
  void whatACrashLeftHalfWrittenIsNotUsed() throws Exception {
    run(config("out", SCRATCH + "steps: 6\ncheckpoint-every: 3\n"));
    Path partial = dir.resolve("out/checkpoints/.partial-step-8");
    Files.createDirectories(partial);
    Files.writeString(partial.resolve("weights.safetensors"), "half");
    Heard heard = run(config("out", SCRATCH + "steps: 9\ncheckpoint-every: 3\n"));
    assertEquals(6, heard.first);
    assertEquals(Set.of("step-3", "step-6", "step-9"), checkpoints());
  }

  @Test
  void anOptimizerStateThatDoesNotFitIsLeftWithAWarningAndTheWeightsAreKept() throws Exception {
    run(config("out", SCRATCH + "steps: 30\n"));
    Heard heard = run(config("out", SCRATCH + "steps: 31\noptimizer: {name: sgd}\nclip: 0.01\n"));
    assertEquals(30, heard.first);
    assertEquals(1, heard.warnings.size());
    assertTrue(heard.warnings.get(0).contains("optimizer state is not"), heard.warnings.get(0));
    assertTrue(heard.losses.get(0) < 2, "a new model begins near 5.7: " + heard.losses);
    // and one that is damaged
    Path file = dir.resolve("out/checkpoints/step-31/optimizer.safetensors");
    Files.write(file, new byte[] {1, 2, 3});
    Heard damaged = run(config("out", SCRATCH + "steps: 32\noptimizer: {name: sgd}\nclip: 0.01\n"));
    assertEquals(31, damaged.first);
    assertEquals(1, damaged.warnings.size());
  }

  @Test
  void weightsOfAnotherShapeAreRefused() throws Exception {
    run(config("base", SCRATCH + "steps: 2\n"));
    String lora =
        "model: " + dir.resolve("base") + "\nsequence-length: 32\nmicro-batch: 4\nsteps: 3\n";
    run(config("out", lora + "lora: {rank: 4}\n"));
    RunConfig other = config("out", lora + "lora: {rank: 5}\n");
    TrainingException e = assertThrows(TrainingException.class, () -> run(other));
    assertEquals("train.checkpoint", e.code());
  }

  @Test
  void changedDataIsBegunAnewWithAWarning() throws Exception {
    run(config("out", SCRATCH + "steps: 3\n"));
    Files.writeString(data, Files.readString(data) + "{\"text\": \"a cat\"}\n");
    Heard heard = run(config("out", SCRATCH + "steps: 5\n"));
    assertEquals(3, heard.first);
    assertTrue(heard.warnings.get(0).contains("differs from the checkpoint's"));
    assertEquals(2, heard.losses.size());
  }

  @Test
  void lossesThatAreNoNumbersAreSkippedAndCountedAndEndTheRunInTheEnd() throws Exception {
    run(config("base", SCRATCH + "steps: 2\nsave-as: f32\n"));
    // logits of about 1e38·1e38: the loss is infinite or not a number
    poison(dir.resolve("base"));
    RunConfig config =
        config(
            "out",
            "what: all\nmodel: "
                + dir.resolve("base")
                + "\nsequence-length: 32\nmicro-batch: 4\nsteps: 1000\nvalidation-share: 0\n");
    Heard heard = new Heard();
    TrainingException e =
        assertThrows(
            TrainingException.class, () -> new TrainingRun(config, heard, () -> false).run());
    assertEquals("train.diverged", e.code());
    assertTrue(heard.skipped > 20);
    assertTrue(heard.losses.stream().allMatch(loss -> loss.isNaN()));
  }

  private static void poison(Path model) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      List<dev.tensafe.formats.safetensors.SafetensorsWriter.Entry> entries = new ArrayList<>();
      checkpoint
          .tensors()
          .forEach(
              (name, info) -> {
                float[] values =
                    new dev.tensafe.training.torch.CheckpointWeights(checkpoint)
                        .values(name, info.shape());
                if (name.equals("model.norm.weight")) {
                  java.util.Arrays.fill(values, 3e38f);
                }
                entries.add(
                    dev.tensafe.formats.safetensors.SafetensorsWriter.Entry.ofFloats(
                        name, info.shape(), values));
              });
      Path file = model.resolve("poisoned");
      dev.tensafe.formats.safetensors.SafetensorsWriter.write(file, Map.of(), entries);
      Files.move(
          file,
          model.resolve("model.safetensors"),
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
  }

  @Test
  void aRunThatWouldNotFitIsRefusedBeforeItBegins() throws Exception {
    long here = MemoryLimit.resident() >> 20;
    RunConfig config =
        config(
            "out",
            SCRATCH.replace("micro-batch: 4", "micro-batch: 60000")
                + "steps: 2\nmemory-limit-mib: "
                + (here + 500)
                + "\n");
    TrainingException e = assertThrows(TrainingException.class, () -> run(config));
    assertEquals("train.memory", e.code());
    assertTrue(e.getMessage().contains("micro-batch"), e.getMessage());
  }

  @Test
  void aProcessThatOutgrowsItsLimitSavesAndEnds() throws Exception {
    RunConfig config = config("out", SCRATCH + "steps: 50\ncheckpoint-every: 0\n");
    int[] looks = new int[1];
    // asked once before the first step, then after each: it grows beyond the limit in the fifth
    MemoryLimit limit = new MemoryLimit(1L << 40, () -> ++looks[0] > 5 ? 1L << 41 : 0);
    Heard heard = new Heard();
    TrainingException e =
        assertThrows(
            TrainingException.class,
            () -> new TrainingRun(config, heard, () -> false, limit).run());
    assertEquals("train.memory", e.code());
    assertEquals(List.of(5), heard.saved);
    assertEquals(5, run(config("out", SCRATCH + "steps: 6\n")).first);
  }

  /** What a step leaks is there some thousand times in the end. */
  @Test
  void memoryIsFlatOverTwoThousandSteps() throws Exception {
    List<Long> resident = new ArrayList<>();
    RunListener watch =
        new RunListener() {
          @Override
          public void step(
              int step, double loss, double rate, double norm, long tokens, long skipped) {
            if (step % 500 == 0) {
              System.gc();
              resident.add(MemoryLimit.resident() >> 20);
            }
          }
        };
    new TrainingRun(
            config(
                "out",
                SCRATCH
                    + "steps: 2000\nvalidate-every: 50\ncheckpoint-every: 500\n"
                    + "sample: {every: 100, tokens: 4}\n"),
            watch,
            () -> false)
        .run();
    System.out.println("resident MiB after 500, 1000, 1500, 2000 steps: " + resident);
    // the first number holds what the start left; a step's activations alone are some 200 KiB:
    // 200 MiB between the second and the last, were they kept
    assertTrue(resident.get(3) - resident.get(1) < 30, resident.toString());
  }

  @Test
  void metricsAreLinesOfJsonWithoutTheText() throws Exception {
    Path file = dir.resolve("metrics.jsonl");
    InstantSource clock = () -> Instant.parse("2026-11-21T12:00:00Z");
    for (int part = 0; part < 2; part++) {
      new TrainingRun(
              config("out", SCRATCH + "steps: " + (2 + 2 * part) + "\nsample: {every: 1}\n"),
              new MetricsFile(file, clock),
              () -> false)
          .run();
    }
    List<String> lines = Files.readAllLines(file);
    int steps = 0;
    for (String line : lines) {
      JsonNode node = new ObjectMapper().readTree(line);
      assertEquals("2026-11-21T12:00:00Z", node.path("time").asText());
      if (node.path("event").asText().equals("step")) {
        assertEquals(++steps, node.path("step").asInt());
        assertTrue(node.path("loss").isNumber());
      }
      assertFalse(line.contains("cook"));
    }
    assertEquals(4, steps);
  }

  @Test
  void metricsGoOnAfterALineThatACrashHasTorn() throws Exception {
    Path file = dir.resolve("metrics.jsonl");
    String whole = "{\"event\":\"step\",\"step\":1}\n";
    for (String end :
        new String[] {"{\"event\":\"st", "\0\0\0\0", "{\"event\":\"step\",\"step\":2}"}) {
      Files.writeString(file, whole + end);
      new MetricsFile(file, InstantSource.system()).saved(3);
      List<String> lines = Files.readAllLines(file);
      assertEquals(end.endsWith("}") ? 3 : 2, lines.size(), lines.toString());
      for (String line : lines) {
        assertTrue(new ObjectMapper().readTree(line).isObject(), line);
      }
    }
  }

  @Test
  void epochsAreCountedInExamples() throws Exception {
    Heard one = run(config("one", SCRATCH + "epochs: 1\nvalidation-share: 0\n"));
    Heard three = run(config("three", SCRATCH + "epochs: 3\nvalidation-share: 0\n"));
    assertEquals(3 * one.losses.size(), three.losses.size());
    assertEquals(0, one.validated.size());
  }
}
