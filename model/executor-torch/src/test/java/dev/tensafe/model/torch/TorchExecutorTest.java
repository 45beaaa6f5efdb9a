package dev.tensafe.model.torch;

import static dev.tensafe.model.exec.SequenceInput.LogitRows.ALL;
import static dev.tensafe.model.exec.SequenceInput.LogitRows.LAST;
import static dev.tensafe.model.exec.SequenceInput.LogitRows.NONE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.exec.StepSize;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.ModelException;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The executor against a plain double-precision decoder, over what configurations vary. */
class TorchExecutorTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static Path model(Path dir, String overrides, DType dtype) throws IOException {
    ObjectNode config = SyntheticModel.llama(48, 72, 3, 6, 2, 300, 512);
    config.setAll((ObjectNode) MAPPER.readTree(overrides.replace('\'', '"')));
    SyntheticModel.write(dir, config, dtype, 17);
    return dir;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "F32|F32|1e-4|{}",
        "F16|F32|1e-4|{'tie_word_embeddings':false}",
        "BF16|F32|1e-4|{'rope_theta':500000.0}",
        "BF16|BF16|0.15|{}",
        "F32|F32|1e-4|{'attention_bias':true,'mlp_bias':true,'head_dim':10}",
        "F32|F32|1e-4|{'architectures':['MistralForCausalLM'],'sliding_window':5}",
        "F32|F32|1e-4|{'architectures':['Qwen2ForCausalLM'],'use_sliding_window':true,'sliding_window':7,'max_window_layers':2}",
        "F32|F32|1e-4|{'architectures':['Qwen3ForCausalLM'],'head_dim':16,'attention_bias':true}",
        "F32|F32|1e-4|{'architectures':['Qwen3ForCausalLM'],'use_sliding_window':true,'sliding_window':4,'layer_types':['full_attention','sliding_attention','full_attention']}",
        "F32|F32|1e-4|{'rope_scaling':{'rope_type':'linear','factor':2.0}}",
        "F32|F32|1e-4|{'rope_scaling':{'type':'dynamic','factor':2.0},'max_position_embeddings':20}",
        "F32|F32|1e-4|{'rope_parameters':{'rope_type':'llama3','rope_theta':10000.0,'factor':8.0,'low_freq_factor':1.0,'high_freq_factor':4.0,'original_max_position_embeddings':32}}",
        "F32|F32|1e-4|{'rope_scaling':{'rope_type':'yarn','factor':4.0,'original_max_position_embeddings':32}}",
      })
  void logitsAgreeWithTheReferenceAloneChunkedAndBatched(
      DType stored, ComputeType type, double tolerance, String overrides, @TempDir Path dir)
      throws IOException {
    model(dir, overrides, stored);
    ModelConfig config = ModelConfigReader.read(dir);
    Random random = new Random(3);
    try (Checkpoint checkpoint = Checkpoint.open(dir);
        TorchExecutor executor = TorchExecutor.load(config, checkpoint, type, 1)) {
      executor.allocateCache(32);
      ReferenceDecoder reference = new ReferenceDecoder(config, checkpoint);
      int[] a = random.ints(37, 0, 300).toArray();
      int[] b = random.ints(21, 0, 300).toArray();
      double[][] wantA = reference.logits(a, 30);
      double[][] wantB = reference.logits(b, 21);
      // a: chunks of 11, 13, 6 and then token by token; b: all at once beside a's second chunk
      int[] blocksA = {9, 3, 7};
      int[] blocksB = {1, 5};
      check(executor, wantA, tolerance, a, 30, blocksA, 0, 11);
      SequenceInput nextA =
          new SequenceInput(1, "", SequenceInput.BASE, slice(a, 11, 24), 11, 30, blocksA, LAST);
      SequenceInput wholeB = new SequenceInput(2, "", SequenceInput.BASE, b, 0, 21, blocksB, ALL);
      ForwardResult both = executor.forward(new ForwardBatch(List.of(nextA, wholeB)), List.of());
      assertClose(wantA[23], both, both.firstRow()[0], tolerance);
      for (int t = 0; t < b.length; t++) {
        assertClose(wantB[t], both, both.firstRow()[1] + t, tolerance);
      }
      ForwardResult silent =
          executor.forward(
              new ForwardBatch(
                  List.of(
                      new SequenceInput(
                          1, "", SequenceInput.BASE, slice(a, 24, 30), 24, 30, blocksA, NONE))),
              List.of());
      assertEquals(0, silent.logits().remaining());
      for (int t = 30; t < a.length; t++) {
        check(executor, wantA, tolerance, a, 30, blocksA, t, t + 1);
      }
    }
  }

  private static void check(
      TorchExecutor executor,
      double[][] want,
      double tolerance,
      int[] tokens,
      int promptLength,
      int[] blocks,
      int from,
      int to) {
    SequenceInput input =
        new SequenceInput(
            1, "", SequenceInput.BASE, slice(tokens, from, to), from, promptLength, blocks, ALL);
    ForwardResult result = executor.forward(new ForwardBatch(List.of(input)), List.of());
    for (int t = from; t < to; t++) {
      assertClose(want[t], result, t - from, tolerance);
    }
  }

  private static int[] slice(int[] tokens, int from, int to) {
    return java.util.Arrays.copyOfRange(tokens, from, to);
  }

  private static void assertClose(double[] want, ForwardResult result, int row, double tolerance) {
    float[] got = new float[result.vocabSize()];
    result.copyRow(row, got);
    for (int i = 0; i < want.length; i++) {
      assertEquals(want[i], got[i], tolerance);
    }
  }

  /** Adds s·x₀ of its own sequence's scale to every output, as a rank-one delta would. */
  private static final class ScaledHook implements ForwardHook {
    final List<String> calls = new ArrayList<>();
    final Map<Long, Float> scales;
    final Map<Integer, float[]> firstColumn = new TreeMap<>();

    ScaledHook(Map<Long, Float> scales) {
      this.scales = scales;
    }

    @Override
    public void begin(ProjectionGroup group, RowMatrix x, StepRows rows) {
      calls.add("begin " + group.layer() + " " + group.kind());
      assertEquals(group.in(), x.columns());
      float[] column = new float[x.rows()];
      for (int r = 0; r < x.rows(); r++) {
        column[r] = x.values().get(r * x.columns());
      }
      firstColumn.put(group.layer() * 4 + group.kind().wireId(), column);
    }

    @Override
    public void finish(Projection projection, RowMatrix y, StepRows rows) {
      calls.add("finish " + projection.name());
      assertEquals(projection.out(), y.columns());
      float[] x = firstColumn.get(projection.layer() * 4 + projection.kind().group().wireId());
      for (int r = 0; r < y.rows(); r++) {
        float scale = scales.getOrDefault(rows.sequenceId(rows.sequenceOf(r)), 0f);
        for (int i = 0; i < y.columns(); i++) {
          int at = r * y.columns() + i;
          y.values().put(at, y.values().get(at) + scale * x[r]);
        }
      }
    }
  }

  @Test
  void hooksSeeEveryGroupAndChangeOnlyTheirOwnSequences(@TempDir Path dir) throws IOException {
    model(dir, "{}", DType.F32);
    ModelConfig config = ModelConfigReader.read(dir);
    try (Checkpoint checkpoint = Checkpoint.open(dir);
        TorchExecutor executor = TorchExecutor.load(config, checkpoint, ComputeType.F32, 1)) {
      executor.allocateCache(16);
      int[] a = {5, 6, 7, 8, 9};
      int[] b = {10, 11};
      int[] c = {12};
      List<SequenceInput> batch =
          List.of(
              new SequenceInput(1, "", SequenceInput.BASE, a, 0, 5, new int[] {0}, LAST),
              new SequenceInput(2, "", SequenceInput.BASE, b, 0, 2, new int[] {1}, LAST),
              new SequenceInput(3, "", SequenceInput.BASE, c, 0, 1, new int[] {2}, LAST));
      float[][] plain = rows(executor.forward(new ForwardBatch(batch), List.of()));
      ScaledHook idle = new ScaledHook(Map.of());
      float[][] same = rows(executor.forward(new ForwardBatch(batch), List.of(idle)));
      for (int i = 0; i < 3; i++) {
        for (int v = 0; v < 300; v++) {
          assertEquals(plain[i][v], same[i][v], 1e-5);
        }
      }
      assertEquals(3 * (4 + 7), idle.calls.size());
      assertEquals(
          List.of(
              "begin 0 QKV",
              "finish model.layers.0.self_attn.q_proj",
              "finish model.layers.0.self_attn.k_proj",
              "finish model.layers.0.self_attn.v_proj",
              "begin 0 O",
              "finish model.layers.0.self_attn.o_proj",
              "begin 0 GATE_UP",
              "finish model.layers.0.mlp.gate_proj",
              "finish model.layers.0.mlp.up_proj",
              "begin 0 DOWN",
              "finish model.layers.0.mlp.down_proj"),
          idle.calls.subList(0, 11));
      float[][] mixed =
          rows(
              executor.forward(
                  new ForwardBatch(batch), List.of(new ScaledHook(Map.of(2L, 0.05f)))));
      float[][] alone =
          rows(
              executor.forward(
                  new ForwardBatch(batch.subList(1, 2)),
                  List.of(new ScaledHook(Map.of(2L, 0.05f)))));
      double moved = 0;
      for (int v = 0; v < 300; v++) {
        assertEquals(plain[0][v], mixed[0][v], 1e-5);
        assertEquals(plain[2][v], mixed[2][v], 1e-5);
        assertEquals(alone[0][v], mixed[1][v], 1e-4);
        moved = Math.max(moved, Math.abs(plain[1][v] - mixed[1][v]));
      }
      assertTrue(moved > 1e-2, "the hook changed nothing");
    }
  }

  private static float[][] rows(ForwardResult result) {
    float[][] out = new float[result.firstRow().length][result.vocabSize()];
    IntStream.range(0, out.length).forEach(i -> result.copyRow(result.firstRow()[i], out[i]));
    return out;
  }

  @Test
  void exactlyTheRowsAskedForAreThoseOfAllRows(@TempDir Path dir) throws IOException {
    model(dir, "{}", DType.F32);
    ModelConfig config = ModelConfigReader.read(dir);
    try (Checkpoint checkpoint = Checkpoint.open(dir);
        TorchExecutor executor = TorchExecutor.load(config, checkpoint, ComputeType.F32, 1)) {
      executor.allocateCache(8);
      int[] a = {5, 6, 7, 8, 9};
      int[] b = {10, 11, 12};
      float[][] all = allRows(executor.forward(batch(a, ALL, b, ALL), List.of()));
      assertEquals(8, all.length);
      for (int n = 1; n <= a.length; n++) {
        for (SequenceInput.LogitRows ofB : List.of(NONE, LAST, ALL)) {
          ForwardBatch batch = batch(a, SequenceInput.LogitRows.last(n), b, ofB);
          ForwardResult result = executor.forward(batch, List.of());
          assertEquals(n + batch.sequences().get(1).logitRowCount(), result.rows());
          float[][] got = allRows(result);
          for (int i = 0; i < n; i++) {
            assertArrayEquals(all[a.length - n + i], got[result.firstRow()[0] + i], 1e-5f);
          }
          for (int i = result.firstRow()[1]; i < got.length; i++) {
            assertArrayEquals(all[all.length - got.length + i], got[i], 1e-5f);
          }
        }
      }
    }
  }

  private static ForwardBatch batch(
      int[] a, SequenceInput.LogitRows ofA, int[] b, SequenceInput.LogitRows ofB) {
    return new ForwardBatch(
        List.of(
            new SequenceInput(1, "", SequenceInput.BASE, a, 0, 5, new int[] {0}, ofA),
            new SequenceInput(2, "", SequenceInput.BASE, b, 0, 3, new int[] {1}, ofB)));
  }

  private static float[][] allRows(ForwardResult result) {
    float[][] out = new float[result.rows()][result.vocabSize()];
    IntStream.range(0, out.length).forEach(i -> result.copyRow(i, out[i]));
    return out;
  }

  @Test
  void aStepWhoseLogitsFitNoBufferIsRefusedBeforeAHookStarts(@TempDir Path dir) throws IOException {
    model(dir, "{}", DType.F32);
    ModelConfig config = ModelConfigReader.read(dir);
    int most = RowMatrix.maxRows(300);
    StepSize.check(config, most, most);
    assertEquals("model.step_too_large", tooLarge(config, 1, most + 1L).code());
    assertEquals("model.step_too_large", tooLarge(config, 1, 1L << 40).code());
    // the widest matrix a hook sees has 72 columns
    assertEquals("model.step_too_large", tooLarge(config, RowMatrix.maxRows(72) + 1, 0).code());
    try (Checkpoint checkpoint = Checkpoint.open(dir);
        TorchExecutor executor = TorchExecutor.load(config, checkpoint, ComputeType.F32, 1)) {
      ScaledHook hook = new ScaledHook(Map.of());
      int[] tokens = new int[most + 1];
      int[] blocks = new int[most / 16 + 1];
      SequenceInput input = new SequenceInput(1, "", SequenceInput.BASE, tokens, 0, 1, blocks, ALL);
      ModelException e =
          assertThrows(
              ModelException.class,
              () -> executor.forward(new ForwardBatch(List.of(input)), List.of(hook)));
      assertEquals("model.step_too_large", e.code());
      assertEquals(List.of(), hook.calls);
    }
  }

  private static ModelException tooLarge(ModelConfig config, int tokens, long rows) {
    return assertThrows(ModelException.class, () -> StepSize.check(config, tokens, rows));
  }

  @Test
  void theStepTextNeverShowsTokens() {
    SequenceInput input =
        new SequenceInput(4, "", SequenceInput.BASE, new int[] {987654}, 0, 1, new int[] {0}, LAST);
    assertTrue(!input.toString().contains("987654"));
    assertThrows(
        IllegalArgumentException.class,
        () -> new SequenceInput(4, "", SequenceInput.BASE, new int[0], 0, 1, new int[] {0}, LAST));
  }
}
