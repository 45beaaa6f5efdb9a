package dev.tensafe.training.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.training.TrainingException;
import dev.tensafe.training.loss.Datum;
import dev.tensafe.training.loss.LossResult;
import dev.tensafe.training.loss.Losses;
import dev.tensafe.training.loss.TokenLoss;
import dev.tensafe.training.loss.TokenValues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapters beside a frozen model: gradients, parts of a batch, state, wrong input. */
class LoraTraineeTest {
  private static final TokenLoss CROSS_ENTROPY = Losses.all().named("cross_entropy");
  private static final OptimizerSpec ADAM = new OptimizerSpec.AdamW(0.9, 0.95, 1e-8, 0.01);

  private static final Map<String, Double> FREE =
      Map.of("clip_low_threshold", 0.0, "clip_high_threshold", 1e9);

  @TempDir private Path dir;

  private final Random random = TraineeSubject.random("LoraTraineeTest");

  private TraineeSubject open(PassOptions options, Precision precision) throws Exception {
    // made anew each time: a test may open several
    return TraineeSubject.open(dir.resolve(options.toString()), options, precision, random, true);
  }

  @Test
  void gradientsOfEveryLossMatchFiniteDifferences() throws Exception {
    try (TraineeSubject s = open(new PassOptions(3, 0), Precision.F64);
        LoraTrainee trainee = s.trainee()) {
      for (String name : Losses.all().names()) {
        TokenLoss loss = Losses.all().named(name);
        // of cispo the ratio is a constant, which a difference does not know
        if (!name.equals("cispo")) {
          differences(
              trainee,
              s,
              loss,
              name.equals("ppo")
                  ? Map.of("clip_low_threshold", 0.0, "clip_high_threshold", 1e9)
                  : Map.of());
        }
      }
    }
  }

  @Test
  void boundedLogitsHaveGradientsThatMatchFiniteDifferences() throws Exception {
    try (TraineeSubject s = open(new PassOptions(8, 2), Precision.F64);
        LoraTrainee trainee = s.trainee()) {
      differences(trainee, s, CROSS_ENTROPY, Map.of());
    }
  }

  /** The loss reads float32; so differences are of the log-probabilities, in float64. */
  private void differences(
      LoraTrainee trainee, TraineeSubject s, TokenLoss loss, Map<String, Double> config) {
    List<Datum> data = s.data(loss, 6);
    LossResult result = trainee.forwardBackward(data, loss, config);
    assertEquals(0, result.skipped());
    float[][] slopes =
        loss.evaluate(
                data, result.logprobs().toArray(new float[0][]), Losses.check(loss, data, config))
            .gradients();
    for (Parameter p : trainee.parameters()) {
      float[] gradient = trainee.stateValues(p.name() + ".gradient");
      float[] values = trainee.values(p.name());
      int i = random.nextInt(values.length);
      float value = values[i];
      values[i] = value + 1e-4f;
      double width = values[i];
      trainee.set(p.name(), values);
      double above = trainee.weighted(data, slopes);
      values[i] = value - 1e-4f;
      width -= values[i];
      trainee.set(p.name(), values);
      double below = trainee.weighted(data, slopes);
      values[i] = value;
      trainee.set(p.name(), values);
      double slope = (above - below) / width;
      assertEquals(slope, gradient[i], 1e-4 * (1 + Math.abs(slope)), loss.name() + " " + p.name());
    }
    trainee.step(new OptimizerSpec.Sgd(0, false, 0), 0, 1, 0, Optional.empty());
  }

  @Test
  void partsOfABatchThatAreWholeMicroBatchesAddUpToTheBit() throws Exception {
    try (TraineeSubject s = open(new PassOptions(3, 0), Precision.F32);
        LoraTrainee whole = s.trainee();
        LoraTrainee parts = s.trainee()) {
      s.alike(whole, parts);
      List<Datum> data = s.data(CROSS_ENTROPY, 11);
      LossResult all = whole.forwardBackward(data, CROSS_ENTROPY, Map.of());
      double sum = 0;
      List<float[]> logprobs = new ArrayList<>();
      for (int[] part : new int[][] {{0, 3}, {3, 9}, {9, 11}}) {
        LossResult r =
            parts.forwardBackward(data.subList(part[0], part[1]), CROSS_ENTROPY, Map.of());
        sum += r.sum();
        logprobs.addAll(r.logprobs());
      }
      assertEquals(all.sum(), sum, 1e-9 * Math.abs(sum));
      for (int i = 0; i < logprobs.size(); i++) {
        assertArrayEquals(all.logprobs().get(i), logprobs.get(i));
      }
      sameState(whole, parts);
      for (LoraTrainee t : List.of(whole, parts)) {
        t.step(ADAM, 0.01, 0.1, 1, Optional.empty());
      }
      sameState(whole, parts);
    }
  }

  private static void sameState(LoraTrainee a, LoraTrainee b) {
    assertEquals(a.state(), b.state());
    a.state().keySet().forEach(n -> assertArrayEquals(a.stateValues(n), b.stateValues(n), n));
    a.trained().keySet().forEach(n -> assertArrayEquals(a.values(n), b.values(n), n));
  }

  @Test
  void aStateThatIsPutBackGoesOnToTheBitWithEveryOptimizer() throws Exception {
    try (TraineeSubject s = open(PassOptions.standard(), Precision.F32)) {
      for (OptimizerSpec spec :
          List.of(
              ADAM, new OptimizerSpec.Sgd(0.9, true, 0.1), OptimizerSpec.Adafactor.standard())) {
        try (LoraTrainee one = s.trainee();
            LoraTrainee two = s.trainee()) {
          List<Datum> data = s.data(CROSS_ENTROPY, 9);
          for (int i = 0; i < 2; i++) {
            one.forwardBackward(data, CROSS_ENTROPY, Map.of());
            one.step(spec, 0.01, 0.1, 1, Optional.empty());
          }
          // in the middle of an accumulation
          one.forwardBackward(data.subList(0, 5), CROSS_ENTROPY, Map.of());
          s.alike(one, two);
          for (String name : one.state().keySet()) {
            two.setState(name, one.stateValues(name));
          }
          two.setSteps(one.steps());
          sameState(one, two);
          for (int i = 0; i < 2; i++) {
            for (LoraTrainee t : List.of(one, two)) {
              t.forwardBackward(data.subList(5, 9), CROSS_ENTROPY, Map.of());
              t.step(spec, 0.01, 0.1, 1, Optional.empty());
            }
            sameState(one, two);
          }
          assertEquals(4, two.steps());
        }
      }
    }
  }

  @Test
  void layersThatAreComputedAgainGiveTheSameGradients() throws Exception {
    try (TraineeSubject kept = open(new PassOptions(3, 0), Precision.F32);
        TraineeSubject again =
            TraineeSubject.open(
                dir.resolve(new PassOptions(3, 0).toString()),
                new PassOptions(3, 0, true),
                Precision.F32,
                random,
                false);
        LoraTrainee one = kept.trainee(0.3);
        LoraTrainee two = again.trainee(0.3)) {
      kept.alike(one, two);
      List<Datum> data = kept.data(CROSS_ENTROPY, 7);
      for (LoraTrainee t : List.of(one, two)) {
        t.forwardBackward(data, CROSS_ENTROPY, Map.of());
      }
      sameState(one, two);
      for (LoraTrainee t : List.of(one, two)) {
        t.forwardBackward(data, CROSS_ENTROPY, Map.of(), 0.1);
      }
      sameState(one, two);
    }
  }

  /** With a frozen seed dropout is a function; so its gradient can be compared with differences. */
  @Test
  void dropoutLeavesOutItsShareAndIsTheSameForTheSameStep() throws Exception {
    for (boolean recompute : new boolean[] {false, true}) {
      try (TraineeSubject s = open(new PassOptions(3, 0, recompute), Precision.F32);
          LoraTrainee one = s.trainee(0.3);
          LoraTrainee two = s.trainee(0.3);
          LoraTrainee none = s.trainee(0)) {
        s.alike(one, two);
        s.alike(one, none);
        List<Datum> data = s.data(CROSS_ENTROPY, 7);
        List<float[]> first = one.forwardBackward(data, CROSS_ENTROPY, Map.of()).logprobs();
        List<float[]> same = two.forwardBackward(data, CROSS_ENTROPY, Map.of()).logprobs();
        for (int i = 0; i < first.size(); i++) {
          assertArrayEquals(first.get(i), same.get(i));
        }
        sameState(one, two);
        List<float[]> other = one.forwardBackward(data, CROSS_ENTROPY, Map.of()).logprobs();
        List<float[]> full = none.forwardBackward(data, CROSS_ENTROPY, Map.of()).logprobs();
        assertFalse(Arrays.equals(first.get(0), other.get(0)), "later rows draw anew");
        assertFalse(Arrays.equals(first.get(0), full.get(0)));
        List<float[]> without = one.forward(data, CROSS_ENTROPY, Map.of()).logprobs();
        assertArrayEquals(full.get(0), without.get(0), 1e-5f, "none without a gradient");
      }
    }
  }

  @Test
  void dropoutsGradientMatchesFiniteDifferences() throws Exception {
    for (boolean recompute : new boolean[] {false, true}) {
      try (TraineeSubject s = open(new PassOptions(8, 0, recompute), Precision.F64);
          LoraTrainee trainee = s.trainee(0.3)) {
        List<Datum> data = s.data(CROSS_ENTROPY, 5);
        trainee.forwardBackward(data, CROSS_ENTROPY, Map.of());
        Map<String, float[]> gradients = new HashMap<>();
        for (String name : trainee.trained().keySet()) {
          gradients.put(name, trainee.stateValues(name + ".gradient"));
        }
        for (Parameter p : trainee.parameters()) {
          float[] gradient = gradients.get(p.name());
          float[] values = trainee.values(p.name());
          float[] moved = values.clone();
          double slope = 0;
          for (int i = 0; i < moved.length; i++) {
            float by = (float) (5e-4 * random.nextGaussian());
            moved[i] += by;
            slope += (double) gradient[i] * by;
          }
          double above = drawnAgain(trainee, p.name(), moved, data);
          for (int i = 0; i < moved.length; i++) {
            moved[i] = values[i] - (moved[i] - values[i]);
          }
          double below = drawnAgain(trainee, p.name(), moved, data);
          trainee.set(p.name(), values);
          assertEquals((above - below) / 2, slope, 2e-4 + 0.02 * Math.abs(slope), p.name());
        }
      }
    }
  }

  /** The loss with the dropout of the first rows; gradients are spoilt. */
  private static double drawnAgain(
      LoraTrainee trainee, String name, float[] values, List<Datum> data) {
    trainee.set(name, values);
    trainee.setState("rows", new float[1]);
    return trainee.forwardBackward(data, CROSS_ENTROPY, Map.of()).sum();
  }

  @Test
  void comparingLossesDrawTheSameDropoutInBothPasses() throws Exception {
    TokenLoss loss = Losses.all().named("mse");
    for (boolean recompute : new boolean[] {false, true}) {
      try (TraineeSubject s = open(new PassOptions(2, 0, recompute), Precision.F32);
          TraineeSubject wide =
              TraineeSubject.open(
                  dir.resolve(new PassOptions(2, 0, recompute).toString()),
                  new PassOptions(2, 0, recompute),
                  Precision.F32,
                  random,
                  false);
          LoraTrainee parts = s.trainee(0.3);
          LoraTrainee pairs = wide.trainee(0.3)) {
        s.alike(parts, pairs);
        List<Datum> data = s.data(loss, 6);
        parts.forwardBackward(data, loss, Map.of());
        for (int i = 0; i < 6; i += 2) {
          pairs.forwardBackward(data.subList(i, i + 2), loss, Map.of());
        }
        for (String name : parts.trained().keySet()) {
          float[] want = pairs.stateValues(name + ".gradient");
          float[] got = parts.stateValues(name + ".gradient");
          for (int i = 0; i < want.length; i++) {
            assertEquals(want[i], got[i], 1e-3 * (1 + Math.abs(want[i])), name);
          }
        }
      }
    }
  }

  @Test
  void adafactorIsWhatThePaperSays() throws Exception {
    try (TraineeSubject s = open(PassOptions.standard(), Precision.F32);
        LoraTrainee trainee = s.trainee()) {
      OptimizerSpec.Adafactor spec = new OptimizerSpec.Adafactor(0.8, 1e-30, 1e-3, 1, 0.1);
      Map<String, double[][]> moments = new HashMap<>();
      for (int step = 1; step <= 4; step++) {
        trainee.forwardBackward(s.data(CROSS_ENTROPY, 3), CROSS_ENTROPY, Map.of());
        Map<String, double[]> want = new HashMap<>();
        for (Parameter p : trainee.parameters()) {
          int n = p.shape().get(0).intValue();
          int m = p.shape().get(1).intValue();
          double[][] rc =
              moments.computeIfAbsent(p.name(), x -> new double[][] {new double[n], new double[m]});
          want.put(
              p.name(),
              adafactor(
                  trainee.values(p.name()),
                  trainee.stateValues(p.name() + ".gradient"),
                  rc[0],
                  rc[1],
                  step,
                  0.02,
                  0.1));
        }
        trainee.step(spec, 0.02, 1, 0, Optional.empty());
        for (Parameter p : trainee.parameters()) {
          float[] now = trainee.values(p.name());
          for (int i = 0; i < now.length; i++) {
            assertEquals(want.get(p.name())[i], now[i], 2e-6, p.name() + " at " + i);
          }
        }
      }
    }
  }

  /** Algorithm 4 in its plain form, with sums where the code has means. */
  private static double[] adafactor(
      float[] x, float[] g, double[] r, double[] c, int t, double rho, double decay) {
    double kept = 1 - Math.pow(t, -0.8);
    double[] rows = new double[r.length];
    double[] columns = new double[c.length];
    for (int i = 0; i < g.length; i++) {
      rows[i / c.length] += (double) g[i] * g[i] + 1e-30;
      columns[i % c.length] += (double) g[i] * g[i] + 1e-30;
    }
    double total = 0;
    for (int i = 0; i < r.length; i++) {
      r[i] = kept * r[i] + (1 - kept) * rows[i];
      total += r[i];
    }
    for (int j = 0; j < c.length; j++) {
      c[j] = kept * c[j] + (1 - kept) * columns[j];
    }
    double[] u = new double[g.length];
    double squares = 0;
    double size = 0;
    for (int i = 0; i < g.length; i++) {
      u[i] = g[i] / Math.sqrt(r[i / c.length] * c[i % c.length] / total);
      squares += u[i] * u[i];
      size += (double) x[i] * x[i];
    }
    double alpha = Math.max(1e-3, Math.sqrt(size / g.length)) * rho;
    double divisor = Math.max(1, Math.sqrt(squares / g.length));
    double[] out = new double[g.length];
    for (int i = 0; i < g.length; i++) {
      out[i] = x[i] * (1 - rho * decay) - alpha * u[i] / divisor;
    }
    return out;
  }

  @Test
  void adaptersOverOneModelDoNotDisturbEachOther() throws Exception {
    try (TraineeSubject s = open(PassOptions.standard(), Precision.F32);
        LoraTrainee alone = s.trainee();
        LoraTrainee one = s.trainee();
        LoraTrainee other = s.trainee()) {
      s.alike(alone, one);
      List<Datum> data = s.data(CROSS_ENTROPY, 4);
      List<Datum> others = s.data(CROSS_ENTROPY, 7);
      for (int i = 0; i < 3; i++) {
        alone.forwardBackward(data, CROSS_ENTROPY, Map.of());
        alone.step(ADAM, 0.01, 1, 0, Optional.empty());
      }
      for (int i = 0; i < 3; i++) {
        other.forwardBackward(others, CROSS_ENTROPY, Map.of());
        one.forwardBackward(data, CROSS_ENTROPY, Map.of());
        other.step(ADAM, 0.3, 1, 0, Optional.empty());
        one.step(ADAM, 0.01, 1, 0, Optional.empty());
      }
      sameState(alone, one);
    }
  }

  @Test
  void aMicroBatchWhoseLossIsNoNumberIsLeftOutAndCounted() throws Exception {
    TokenLoss loss = Losses.all().named("importance_sampling");
    try (TraineeSubject s = open(new PassOptions(2, 0), Precision.F32);
        LoraTrainee with = s.trainee();
        LoraTrainee without = s.trainee()) {
      s.alike(with, without);
      List<Datum> data = s.data(loss, 4);
      Datum first = data.get(2);
      float[] far = new float[first.tokens().length];
      Arrays.fill(far, -1000);
      Map<String, TokenValues> inputs = new HashMap<>(first.inputs());
      inputs.put("logprobs", new TokenValues.Reals(far));
      List<Datum> bad = new ArrayList<>(data);
      bad.set(2, new Datum(first.tokens(), inputs));
      LossResult result = with.forwardBackward(bad, loss, Map.of());
      LossResult good = without.forwardBackward(data.subList(0, 2), loss, Map.of());
      assertEquals(1, result.skipped());
      assertEquals(good.sum(), result.sum());
      assertEquals(good.metrics(), result.metrics());
      for (String name : with.trained().keySet()) {
        assertArrayEquals(
            without.stateValues(name + ".gradient"), with.stateValues(name + ".gradient"));
      }
    }
  }

  @Test
  void anotherOptimizerInTheMiddleIsRefused() throws Exception {
    try (TraineeSubject s = open(PassOptions.standard(), Precision.F32);
        LoraTrainee trainee = s.trainee()) {
      trainee.step(ADAM, 0.01, 1, 0, Optional.empty());
      for (OptimizerSpec other :
          List.of(new OptimizerSpec.Sgd(0, false, 0), OptimizerSpec.Adafactor.standard())) {
        assertEquals(
            "train.optimizer",
            assertThrows(
                    TrainingException.class,
                    () -> trainee.step(other, 0.01, 1, 0, Optional.empty()))
                .code());
      }
      assertEquals(1, trainee.steps());
    }
  }

  @Test
  void wrongInputIsRefusedAndChangesNothing() throws Exception {
    try (TraineeSubject s = open(PassOptions.standard(), Precision.F32);
        LoraTrainee trainee = s.trainee();
        LoraTrainee before = s.trainee()) {
      s.alike(trainee, before);
      List<Datum> data = new ArrayList<>(s.data(CROSS_ENTROPY, 3));
      for (Datum bad :
          List.of(
              s.plain(new int[0], new long[0]),
              s.plain(new int[] {1, 300}, new long[] {1, 1}),
              s.plain(new int[] {1, -1}, new long[] {1, 1}),
              s.plain(new int[] {1, 2}, new long[] {1, 300}),
              s.plain(new int[] {1, 2}, new long[] {1, -2}),
              s.plain(new int[65], new long[65]))) {
        data.set(2, bad);
        TrainingException e =
            assertThrows(
                TrainingException.class,
                () -> trainee.forwardBackward(data, CROSS_ENTROPY, Map.of()));
        assertEquals("train.tokens", e.code());
        assertTrue(e.getMessage().startsWith("example 2: "), e.getMessage());
      }
      sameState(before, trainee);
    }
  }

  @Test
  void positionsWithoutTargetOrWeightDoNotCount() throws Exception {
    try (TraineeSubject s = open(PassOptions.standard(), Precision.F32);
        LoraTrainee trainee = s.trainee()) {
      Datum datum =
          new Datum(
              new int[] {5, 6, 7, 8},
              Map.of(
                  "target_tokens",
                  new TokenValues.Integers(new long[] {6, -100, 8, 9}),
                  "weights",
                  new TokenValues.Reals(new float[] {2, 1, 0, 1})));
      LossResult r = trainee.forward(List.of(datum), CROSS_ENTROPY, Map.of());
      float[] lp = r.logprobs().get(0);
      assertEquals(0, lp[1]);
      assertTrue(lp[2] < 0);
      assertEquals(2.0, r.metrics().get("tokens"));
      assertEquals(-2.0 * lp[0] - lp[3], r.sum(), 1e-6);
      assertFalse(Float.isNaN(lp[0]));
    }
  }
}
