package dev.tensafe.bench.quality;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.nativeexec.NativeExecutorFactory;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictionsTest {
  private static final int VOCABULARY = 300;

  @TempDir private Path directory;

  @Test
  void figuresAreThoseCountedByHand() {
    Predictions a =
        new Predictions(new double[] {Math.log(0.5), Math.log(0.125)}, new int[] {1, 2});
    Predictions b =
        new Predictions(new double[] {Math.log(0.25), Math.log(0.125)}, new int[] {1, 3});
    assertEquals(4, a.perplexity(), 1e-12);
    assertEquals(0.5, a.agreement(b));
    assertEquals(Math.log(2) / 2, a.meanDifference(b), 1e-12);
    assertEquals(Math.log(2), a.largestDifference(b), 1e-12);
    assertEquals(1, a.agreement(a));
    assertEquals(0, a.largestDifference(a));
  }

  @Test
  void everyTokenButTheFirstOfAWindowIsPredictedFromAllBeforeIt() throws Exception {
    SyntheticModel.write(
        directory, SyntheticModel.llama(16, 24, 2, 2, 1, VOCABULARY, 256), DType.F32, 5);
    int[] text = IntStream.range(0, 300).map(i -> (i * i + 7 * i) % VOCABULARY).toArray();
    QualityText cut = QualityText.cut(List.of(text), 200, Integer.MAX_VALUE);
    try (Checkpoint checkpoint = Checkpoint.open(directory);
        ModelExecutor executor =
            new NativeExecutorFactory()
                .create(
                    ModelConfigReader.read(directory),
                    checkpoint,
                    new ExecutorOptions(ExecutorOptions.Format.F32, 1))) {
      Predictions got = Predictions.of(executor, cut);
      // the oracle: each window in one step
      double[] want =
          Stream.of(Arrays.copyOfRange(text, 0, 200), Arrays.copyOfRange(text, 200, 300))
              .flatMapToDouble(window -> Arrays.stream(inOneStep(executor, window)))
              .toArray();
      assertEquals(298, want.length);
      assertArrayEquals(want, got.logProbs(), 1e-9);
    }
  }

  private static double[] inOneStep(ModelExecutor executor, int[] window) {
    SequenceInput input =
        new SequenceInput(
            1,
            "",
            SequenceInput.BASE,
            window,
            0,
            window.length,
            IntStream.range(0, 13).toArray(),
            SequenceInput.LogitRows.ALL);
    ForwardResult result = executor.forward(new ForwardBatch(List.of(input)), List.of());
    double[] out = new double[window.length - 1];
    for (int i = 0; i < out.length; i++) {
      float[] row = new float[VOCABULARY];
      result.row(i).get(row);
      double sum = IntStream.range(0, row.length).mapToDouble(j -> Math.exp(row[j])).sum();
      out[i] = Math.log(Math.exp(row[window[i + 1]]) / sum);
    }
    return out;
  }

  @Test
  void textsAreCutIntoWindowsWithoutRestsOfOneToken() {
    int[] nine = IntStream.range(0, 9).toArray();
    QualityText all = QualityText.cut(List.of(nine, new int[] {7, 8}), 4, Integer.MAX_VALUE);
    assertEquals(
        List.of("[0, 1, 2, 3]", "[4, 5, 6, 7]", "[7, 8]"),
        all.windows().stream().map(Arrays::toString).toList());
    assertEquals(7, all.predicted());
    assertEquals(4, QualityText.cut(List.of(nine), 4, 6).predicted());
    assertEquals(3, QualityText.cut(List.of(nine), 4, 5).predicted());
  }
}
