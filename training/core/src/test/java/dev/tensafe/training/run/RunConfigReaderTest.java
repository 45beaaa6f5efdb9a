package dev.tensafe.training.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.tensafe.model.shape.ProjectionKind;
import dev.tensafe.training.TrainingException;
import dev.tensafe.training.torch.OptimizerSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunConfigReaderTest {
  private static final String MINIMAL = "output: o\nmodel: m\ntrain: t.jsonl\nsteps: 5\n";

  private static RunConfig parse(String yaml) throws Exception {
    return RunConfigReader.parse(new YAMLMapper().readTree(yaml));
  }

  @Test
  void whatIsNotSaidHasADefault() throws Exception {
    RunConfig config = parse(MINIMAL);
    assertEquals(1, config.clip());
    assertEquals(8, config.lora().orElseThrow().rank());
    assertEquals(2, config.lora().orElseThrow().scaling());
    assertEquals(Set.of(ProjectionKind.values()), config.lora().orElseThrow().targets());
    assertEquals(new OptimizerSpec.AdamW(0.9, 0.999, 1e-8, 0.01), config.optimizer());
    assertTrue(config.memoryLimitBytes() > 0);
  }

  @Test
  void whatIsSaidIsRead() throws Exception {
    RunConfig config =
        parse(
            MINIMAL
                + """
                lora: {rank: 16, alpha: 32, dropout: 0.1, targets: [q_proj, v_proj], rslora: true}
                optimizer: {name: sgd, momentum: 0.9, nesterov: true, weight-decay: 1e-4}
                learning-rate: {peak: 3e-4, warm-up-steps: 10, schedule: linear, floor: 0}
                accumulation: 4
                clip: 0.5
                validation: [a.jsonl, b.jsonl]
                memory-limit-mib: 4096
                save-as: bf16
                """);
    assertEquals(8.0, config.lora().orElseThrow().scaling());
    assertEquals(new OptimizerSpec.Sgd(0.9, true, 1e-4), config.optimizer());
    assertEquals(new Schedule.Spec(3e-4, 10, Schedule.Shape.LINEAR, 0), config.schedule());
    assertEquals(2, config.validation().size());
    assertEquals(4L << 30, config.memoryLimitBytes());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "lora: {rnak: 8}; lora.rnak",
        "colour: red; colour",
        "micro-batch: 0; micro-batch",
        "micro-batch: many; micro-batch",
        "lora: {targets: [head]}; lora.targets",
        "lora: {dropout: 1.5}; lora.dropout",
        "lora: 8; lora",
        "optimizer: {name: adam}; optimizer.name",
        "optimizer: {name: sgd, beta1: 0.9}; optimizer.beta1",
        "optimizer: {name: sgd, nesterov: true}; optimizer.nesterov",
        "learning-rate: {peak: -1}; learning-rate.peak",
        "learning-rate: {schedule: steps}; learning-rate.schedule",
        "epochs: 2; steps",
        "scratch: {layers: 1}; model",
        "clip: -3; clip",
        "packing: 1; packing",
        "save-as: f16; save-as"
      })
  void whatIsWrongIsNamed(String line, String key) {
    TrainingException e = assertThrows(TrainingException.class, () -> parse(MINIMAL + line + "\n"));
    assertEquals("train.config", e.code());
    assertTrue(e.getMessage().startsWith(key + " "), e.getMessage());
  }

  @Test
  void unknownKeyIsNamedWithTheNearest() {
    TrainingException e =
        assertThrows(
            TrainingException.class, () -> parse(MINIMAL + "micro-bacth: 4\nlora: {rnak: 8}\n"));
    assertTrue(
        e.getMessage().contains("lora.rnak is not known (did you mean rank?)"), e::getMessage);
    TrainingException top =
        assertThrows(TrainingException.class, () -> parse(MINIMAL + "micro-bacth: 4\n"));
    assertTrue(top.getMessage().contains("(did you mean micro-batch?)"), top::getMessage);
  }

  @Test
  void fileKeyAndValueAreNamed(@TempDir Path dir) throws Exception {
    Path file = dir.resolve("run.yaml");
    for (String[] wrong :
        new String[][] {
          {"sequence-length: abc", "sequence-length is 'abc'; it must be a whole number from 2 to"},
          {"clip: [1]", "clip is a list; it must be a number from 0"},
          {"packing: 'on'", "packing is 'on'; it must be true or false"},
          {"save-as: f16", "save-as is 'f16'; it must be one of [bf16, f32]"},
          {"lora: {rank: 0.5}", "lora.rank is '0.5'; it must be a whole number from 1 to 4096"},
          {"what: {a: 1}", "what is a mapping; it must be a single text"},
        }) {
      Files.writeString(file, MINIMAL + wrong[0] + "\n");
      TrainingException e = assertThrows(TrainingException.class, () -> RunConfigReader.read(file));
      assertTrue(e.getMessage().startsWith(file + ": " + wrong[1]), e.getMessage());
    }
    Files.writeString(file, "");
    TrainingException e = assertThrows(TrainingException.class, () -> RunConfigReader.read(file));
    assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
  }

  @Test
  void whatIsMissingIsNamed() {
    for (String key : new String[] {"output", "model", "train", "steps"}) {
      TrainingException e =
          assertThrows(
              TrainingException.class,
              () -> parse(MINIMAL.replaceFirst("(?m)^" + key + ":.*\n", "")));
      assertTrue(e.getMessage().startsWith(key + " "), e.getMessage());
    }
    TrainingException e =
        assertThrows(
            TrainingException.class, () -> RunConfigReader.read(Path.of("no-such-file.yaml")));
    assertEquals("train.config", e.code());
  }
}
