package dev.tensafe.training.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.training.data.Example;
import dev.tensafe.training.data.MicroBatch;
import dev.tensafe.training.data.RowBuilder;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps of the optimizers against their formulas, computed here in float64. */
class OptimizerTest {
  @TempDir private Path dir;

  /** The formulas, one number at a time. */
  private interface Twin {
    double next(double weight, double gradient, double[] moments, boolean decayed, int step);
  }

  @Test
  void adamWIsWhatThePaperSays() throws Exception {
    double rate = 0.01;
    check(
        new OptimizerSpec.AdamW(0.9, 0.95, 1e-8, 0.1),
        rate,
        (w, g, m, decayed, step) -> {
          m[0] = 0.9 * m[0] + 0.1 * g;
          m[1] = 0.95 * m[1] + 0.05 * g * g;
          double first = m[0] / (1 - Math.pow(0.9, step));
          double second = m[1] / (1 - Math.pow(0.95, step));
          double kept = decayed ? w * (1 - rate * 0.1) : w;
          return kept - rate * first / (Math.sqrt(second) + 1e-8);
        });
  }

  @Test
  void sgdWithMomentumIsItsFormula() throws Exception {
    double rate = 0.05;
    check(
        new OptimizerSpec.Sgd(0.8, false, 0.01),
        rate,
        (w, g, m, decayed, step) -> {
          double pulled = decayed ? g + 0.01 * w : g;
          m[0] = step == 1 ? pulled : 0.8 * m[0] + pulled;
          return w - rate * m[0];
        });
  }

  private void check(OptimizerSpec spec, double rate, Twin twin) throws Exception {
    long seed = new Random().nextLong();
    System.out.println("OptimizerTest seed " + seed);
    Random random = new Random(seed);
    try (Subject s = new Subject(dir, spec, seed)) {
      Map<String, double[][]> moments = new HashMap<>();
      for (int step = 1; step <= 3; step++) {
        MicroBatch batch = s.batch(random);
        s.model.backward(batch, batch.scored());
        Map<String, float[]> before = new HashMap<>();
        Map<String, float[]> gradients = new HashMap<>();
        double squares = 0;
        for (Parameter p : s.model.parameters()) {
          before.put(p.name(), s.model.values(p.name()));
          float[] g = p.value().getGradient().toFloatArray();
          gradients.put(p.name(), g);
          for (float value : g) {
            squares += (double) value * value;
          }
        }
        double norm = Math.sqrt(squares);
        double clip = step == 2 ? norm / 3 : 10 * norm;
        assertEquals(norm, s.optimizer.step(rate, 1, clip), 1e-5 * norm);
        double factor = step == 2 ? 1.0 / 3 : 1;
        for (Parameter p : s.model.parameters()) {
          float[] w = before.get(p.name());
          float[] g = gradients.get(p.name());
          double[][] m = moments.computeIfAbsent(p.name(), n -> new double[w.length][2]);
          float[] now = s.model.values(p.name());
          for (int i = 0; i < w.length; i++) {
            double want = twin.next(w[i], g[i] * factor, m[i], p.decayed(), step);
            // where the gradient is rounding alone its sign, and so Adam's step, is too
            double tolerance = Math.abs(g[i]) < 1e-7 ? 2 * rate : 1e-3 * rate + 1e-6;
            assertEquals(want, now[i], tolerance, p.name() + " at " + i);
          }
        }
      }
    }
  }

  @Test
  void gradientsAreGoneAfterAStepAndAddUpBeforeIt() throws Exception {
    Random random = new Random(4);
    try (Subject s = new Subject(dir, new OptimizerSpec.Sgd(0, false, 0), 4)) {
      MicroBatch batch = s.batch(random);
      s.model.backward(batch, batch.scored());
      double once = s.optimizer.step(0, 1, 0);
      s.model.backward(batch, 2.0 * batch.scored());
      s.model.backward(batch, 2.0 * batch.scored());
      assertEquals(once, s.optimizer.step(0, 1, 0), 1e-5 * once);
    }
  }

  @Test
  void gradientsThatAreNoNumbersChangeNothing() throws Exception {
    Random random = new Random(5);
    try (Subject s = new Subject(dir, new OptimizerSpec.AdamW(0.9, 0.99, 1e-8, 0), 5)) {
      MicroBatch batch = s.batch(random);
      s.model.backward(batch, batch.scored());
      Parameter first = s.model.parameters().get(0);
      float[] poisoned = first.value().getGradient().toFloatArray();
      poisoned[3] = Float.NaN;
      Tensors.overwrite(first.value().getGradient(), poisoned);
      float[] before = s.model.values(first.name());
      assertFalse(Double.isFinite(s.optimizer.step(0.1, 1, 1)));
      assertArrayEquals(before, s.model.values(first.name()));
      assertEquals(0, s.optimizer.steps());
      s.model.backward(batch, batch.scored());
      assertTrue(Double.isFinite(s.optimizer.step(0.1, 1, 1)));
      assertFalse(Arrays.equals(before, s.model.values(first.name())));
    }
  }

  @Test
  void aStateGoesOnWhereItWasTaken() throws Exception {
    Random random = new Random(6);
    OptimizerSpec spec = new OptimizerSpec.AdamW(0.9, 0.99, 1e-8, 0.1);
    try (Subject a = new Subject(dir.resolve("a"), spec, 6);
        Subject b = new Subject(dir.resolve("b"), spec, 6)) {
      MicroBatch one = a.batch(random);
      MicroBatch two = a.batch(random);
      a.model.backward(one, 1);
      a.optimizer.step(0.01, 1, 1);
      for (String name : a.model.trained().keySet()) {
        b.model.set(name, a.model.values(name));
      }
      for (String name : a.optimizer.moments().keySet()) {
        b.optimizer.setMoment(name, a.optimizer.moment(name));
      }
      b.optimizer.setSteps(a.optimizer.steps());
      for (Subject s : List.of(a, b)) {
        s.model.backward(two, 1);
        s.optimizer.step(0.01, 1, 1);
      }
      for (String name : a.model.trained().keySet()) {
        assertArrayEquals(a.model.values(name), b.model.values(name), name);
      }
    }
  }

  /** A small model with an optimizer. */
  private static final class Subject implements AutoCloseable {
    private final ModelFiles files;
    final TrainableModel model;
    final Optimizer optimizer;

    Subject(Path dir, OptimizerSpec spec, long seed) throws Exception {
      SyntheticModel.write(
          dir.resolve("m"), SyntheticModel.llama(16, 24, 1, 2, 1, 300, 32), DType.F32, seed);
      files = ModelFiles.open(dir.resolve("m"), Clock.systemUTC());
      model =
          TrainableModel.open(
              files.config(),
              new CheckpointWeights(files.checkpoint()),
              Precision.F32,
              new Adaptation.None(),
              1);
      optimizer = new Optimizer(model, spec);
    }

    MicroBatch batch(Random random) {
      boolean[] scored = new boolean[12];
      Arrays.fill(scored, true);
      return MicroBatch.of(
          new RowBuilder(12, false)
              .rows(List.of(new Example(random.ints(12, 0, 300).toArray(), scored))));
    }

    @Override
    public void close() {
      optimizer.close();
      model.close();
      files.close();
    }
  }
}
