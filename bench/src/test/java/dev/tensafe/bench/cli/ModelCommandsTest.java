package dev.tensafe.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** {@code bench step}, {@code quality} and {@code lora} over a tiny model. */
class ModelCommandsTest {
  @TempDir private static Path directory;

  private static String model = "";

  private record Ran(int status, String out, String err) {
    /** Cells of the lines of the table below its head. */
    List<List<String>> cells() {
      return out.lines()
          .filter(line -> line.startsWith("| "))
          .skip(1)
          .map(line -> Arrays.stream(line.split("\\|")).map(String::strip).skip(1).toList())
          .toList();
    }
  }

  @BeforeAll
  static void makeModel() {
    model = directory.resolve("model").toString();
    assertEquals(0, run("make-model", "--shape", "tiny", "--out", model).status());
  }

  private static Ran run(String... arguments) {
    CommandLine line = Main.commandLine(Map.of());
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    List<String> all = new ArrayList<>(List.of("bench"));
    all.addAll(List.of(arguments));
    int status = line.execute(all.toArray(String[]::new));
    return new Ran(status, out.toString(), err.toString());
  }

  @ParameterizedTest
  @CsvSource({"auto,dtype,bf16", "f32,dtype,f32", "bf16,int8,int8"})
  void aStepHasALineForEachLoadWhoseSharesAddUp(String dtype, String weights, String kept) {
    Ran ran =
        run("step", "--model", model, "--dtype", dtype, "--weights", weights, "--repetitions", "3");
    assertEquals(0, ran.status(), ran.err());
    assertTrue(ran.out().contains("weights " + kept), ran.out());
    assertEquals(
        List.of("decode 1", "decode 8", "decode 32", "prefill 128", "prefill 512"),
        ran.cells().stream().map(cells -> cells.get(0)).toList());
    for (List<String> cells : ran.cells()) {
      assertEquals(15, cells.size(), ran.out());
      double shares = cells.subList(7, 13).stream().mapToDouble(Double::parseDouble).sum();
      assertTrue(shares > 0 && shares < 1.01, cells.toString());
      assertTrue(Double.parseDouble(cells.get(2)) > 0, cells.toString());
    }
  }

  @Test
  void qualityHasALineForEachFormatBesideBf16() throws IOException {
    Path text =
        Files.writeString(directory.resolve("text.txt"), "The old boat left at noon. ".repeat(9));
    Ran ran = run("quality", "--model", model, "--text", text.toString(), "--max-tokens", "101");
    assertEquals(0, ran.status(), ran.err());
    assertTrue(ran.out().startsWith("100 predicted tokens"), ran.out());
    assertEquals(
        List.of("bf16 bf16", "f32 f32", "int8 bf16", "int8-all bf16", "bf16 int8", "int8-all int8"),
        ran.cells().stream().map(cells -> cells.get(0) + " " + cells.get(1)).toList());
    assertEquals(List.of("100.00", "0.00000", "0.0000"), ran.cells().get(0).subList(3, 6));
    for (List<String> cells : ran.cells().subList(1, 6)) {
      assertTrue(Double.parseDouble(cells.get(5)) > 0, ran.out());
    }
  }

  @Test
  void aDialogueIsATextOfItsOwn() throws IOException {
    Path text = Files.writeString(directory.resolve("dialogues.txt"), "Hi\nHello\n\nBye\nBye\n");
    Ran ran = run("quality", "--model", model, "--text", text.toString(), "--dialogues");
    assertEquals(0, ran.status(), ran.err());
    assertTrue(ran.out().contains("in 2 windows"), ran.out());
  }

  @ParameterizedTest
  @CsvSource({"absent.txt,bench.text", "empty.txt,bench.short_text"})
  void aTextWithoutATokenToPredictIsRefused(String name, String code) throws IOException {
    Files.writeString(directory.resolve("empty.txt"), "");
    Ran ran = run("quality", "--model", model, "--text", directory.resolve(name).toString());
    assertEquals(1, ran.status());
    assertTrue(ran.err().contains(code), ran.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"native", "torch"})
  void adaptersAreMeasuredOverAnExecutorByName(String executor) {
    Ran ran =
        run(
            "lora",
            "--model",
            model,
            "--executor",
            executor,
            "--batch",
            "4",
            "--adapters",
            "1,4",
            "--rank",
            "4",
            "--repetitions",
            "1",
            "--context",
            "16");
    assertEquals(0, ran.status(), ran.err());
    assertTrue(ran.out().startsWith("executor " + executor), ran.out());
    assertEquals(4, ran.cells().size(), ran.out());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "step --model M --dtype f16",
        "step --model M --weights int4",
        "step --model M --threads 0",
        "step --model M --rows 0",
        "step --model M --prefill 0",
        "step --model M --context 0",
        "step --model M --repetitions 0",
        "quality --model M",
        "quality --model M --text T --max-tokens 1",
        "quality --model M --text T --threads 0",
        "lora --model M --adapter-dtype f16",
        "lora --model M --batch 1 --adapters 2"
      })
  void whatMakesNoSenseIsRefusedAsUsage(String arguments) {
    Ran ran = run(arguments.replace("M", model).split(" "));
    assertEquals(2, ran.status(), ran.err());
  }

  @Test
  void aLoadBeyondTheModelsPositionsIsRefusedBeforeItIsLoaded() {
    Ran ran = run("step", "--model", model, "--prefill", "1025");
    assertEquals(1, ran.status());
    assertTrue(ran.err().contains("bench.step_too_long"), ran.err());
  }

  @Test
  void anExecutorThatIsNotThereIsNamedWithThoseThatAre() {
    Ran ran = run("lora", "--model", model, "--executor", "gpu");
    assertEquals(1, ran.status());
    assertTrue(ran.err().contains("native") && ran.err().contains("torch"), ran.err());
  }

  @Test
  void aModelMaySpeakTheTokensOfAnother() throws IOException {
    Path other = directory.resolve("other");
    Path own = directory.resolve("own");
    SyntheticModel.write(own, SyntheticModel.llama(32, 64, 2, 4, 2, 300, 64), DType.F32, 1);
    assertEquals(
        0,
        run(
                "make-model",
                "--shape",
                "tiny",
                "--tokenizer",
                own.toString(),
                "--out",
                other.toString())
            .status());
    for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
      assertEquals(-1, Files.mismatch(own.resolve(name), other.resolve(name)), name);
    }
    ModelConfig config = ModelConfigReader.read(other);
    assertEquals(300, config.vocabSize());
  }

  @Test
  void fieldsThatAreNoObjectsAreRefused() throws IOException {
    Path file = Files.writeString(directory.resolve("fields.jsonl"), "{}\n[1]\n");
    Ran ran =
        run(
            "serve",
            "--url",
            "http://127.0.0.1:1",
            "--model",
            "m",
            "--concurrency",
            "1",
            "--fields",
            file.toString());
    assertEquals(1, ran.status());
    assertTrue(ran.err().contains("bench.fields") && ran.err().contains("[1]"), ran.err());
  }
}
