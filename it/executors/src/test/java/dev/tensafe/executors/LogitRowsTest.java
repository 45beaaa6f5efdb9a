package dev.tensafe.executors;

import static dev.tensafe.model.exec.SequenceInput.LogitRows.ALL;
import static dev.tensafe.model.exec.SequenceInput.LogitRows.LAST;
import static dev.tensafe.model.exec.SequenceInput.LogitRows.NONE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ExecutorOptions.Format;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.exec.StepSize;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.ModelException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which rows of logits a step gives, and how many are too many. */
class LogitRowsTest {
  @ParameterizedTest
  @EnumSource(Kind.class)
  void exactlyTheRowsAskedForAreThoseOfAllRows(Kind kind, @TempDir Path dir) throws IOException {
    LoadedModel.write(dir, "{}", DType.F32);
    try (LoadedModel model = LoadedModel.open(dir, kind, new ExecutorOptions(Format.F32, 1), 8)) {
      ModelExecutor executor = model.executor();
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
            kind.assertRow(all[a.length - n + i], got[result.firstRow()[0] + i]);
          }
          for (int i = result.firstRow()[1]; i < got.length; i++) {
            kind.assertRow(all[all.length - got.length + i], got[i]);
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
    IntStream.range(0, out.length).forEach(i -> result.row(i).get(out[i]));
    return out;
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aStepWhoseLogitsFitNoBufferIsRefusedBeforeAHookStarts(Kind kind, @TempDir Path dir)
      throws IOException {
    LoadedModel.write(dir, "{}", DType.F32);
    ModelConfig config = ModelConfigReader.read(dir);
    int most = RowMatrix.maxRows(300);
    StepSize.check(config, most, most);
    assertEquals("model.step_too_large", tooLarge(config, 1, most + 1L).code());
    assertEquals("model.step_too_large", tooLarge(config, 1, 1L << 40).code());
    // the widest matrix a hook sees has 72 columns
    assertEquals("model.step_too_large", tooLarge(config, RowMatrix.maxRows(72) + 1, 0).code());
    try (LoadedModel model = LoadedModel.open(dir, kind, new ExecutorOptions(Format.F32, 1), 1)) {
      ModelExecutor executor = model.executor();
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
}
