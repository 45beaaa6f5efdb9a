package dev.tensafe.training.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Gradients of examples, each clipped over all matrices together. */
class ClippedGradientTest {
  private static final TokenLoss CROSS_ENTROPY = Losses.all().named("cross_entropy");
  private static final TokenLoss PPO = Losses.all().named("ppo");

  @TempDir private Path dir;

  private final Random random = TraineeSubject.random("ClippedGradientTest");

  private TraineeSubject open() throws Exception {
    return TraineeSubject.open(dir, new PassOptions(4, 0), Precision.F32, random);
  }

  /** All gradients in a row. */
  private static double[] gradients(LoraTrainee trainee) {
    return trainee.trained().keySet().stream()
        .flatMapToDouble(
            name -> {
              float[] values = trainee.stateValues(name + ".gradient");
              return IntStream.range(0, values.length).mapToDouble(i -> values[i]);
            })
        .toArray();
  }

  private static void reset(LoraTrainee trainee) {
    trainee.step(new OptimizerSpec.Sgd(0, false, 0), 0, 1, 0, Optional.empty());
  }

  private static double norm(double[] values) {
    return Math.sqrt(Arrays.stream(values).map(v -> v * v).sum());
  }

  private static double distance(double[] a, double[] b) {
    double[] out = new double[a.length];
    Arrays.setAll(out, i -> a[i] - b[i]);
    return norm(out);
  }

  @Test
  void theyAreWhatALoopOverExamplesGives() throws Exception {
    try (TraineeSubject s = open();
        LoraTrainee trainee = s.trainee()) {
      for (TokenLoss loss : List.of(CROSS_ENTROPY, PPO)) {
        List<Datum> data = s.data(loss, 10);
        List<double[]> each = new ArrayList<>();
        for (Datum datum : data) {
          trainee.forwardBackward(List.of(datum), loss, Map.of());
          each.add(gradients(trainee));
          reset(trainee);
        }
        double[] norms = each.stream().mapToDouble(ClippedGradientTest::norm).sorted().toArray();
        double bound = norms[5];
        double[] want = new double[each.get(0).length];
        for (double[] gradient : each) {
          double factor = Math.min(1, bound / norm(gradient));
          for (int i = 0; i < want.length; i++) {
            want[i] += factor * gradient[i];
          }
        }
        LossResult result = trainee.forwardBackward(data, loss, Map.of(), bound);
        assertEquals(0, result.skipped());
        assertEquals(trainee.forward(data, loss, Map.of()).sum(), result.sum(), 1e-3);
        double[] got = gradients(trainee);
        reset(trainee);
        assertTrue(distance(want, got) < 1e-4 * norm(want), loss.name() + " of " + norm(want));
      }
    }
  }

  @Test
  void withoutABoundThatIsReachedTheyAddUpToTheOrdinaryGradient() throws Exception {
    try (TraineeSubject s = open();
        LoraTrainee trainee = s.trainee()) {
      List<Datum> data = s.data(CROSS_ENTROPY, 7);
      trainee.forwardBackward(data, CROSS_ENTROPY, Map.of());
      double[] want = gradients(trainee);
      reset(trainee);
      trainee.forwardBackward(data, CROSS_ENTROPY, Map.of(), 1e6);
      assertTrue(distance(want, gradients(trainee)) < 1e-5 * norm(want));
    }
  }

  /** What differential privacy rests on; float32 sums are rounded, hence the hundred-thousandth. */
  @Test
  void oneExampleMovesTheSumByNoMoreThanTheBound() throws Exception {
    try (TraineeSubject s = open();
        LoraTrainee trainee = s.trainee()) {
      for (int round = 0; round < 10; round++) {
        List<Datum> data = s.data(CROSS_ENTROPY, 2 + random.nextInt(8));
        double bound = Math.exp(random.nextGaussian() * 2 - 2);
        double[] all = sum(trainee, data, bound);
        List<Datum> fewer = new ArrayList<>(data);
        int which = random.nextInt(data.size());
        fewer.remove(which);
        double allowed = bound + 1e-5 * norm(all);
        assertTrue(distance(all, sum(trainee, fewer, bound)) <= allowed, "one fewer");
        List<Datum> other = new ArrayList<>(data);
        other.set(which, loud(s.data(CROSS_ENTROPY, 1).get(0)));
        assertTrue(distance(all, sum(trainee, other, bound)) <= allowed + bound, "another");
        assertTrue(norm(sum(trainee, other.subList(which, which + 1), bound)) <= bound);
      }
    }
  }

  private static Datum loud(Datum datum) {
    float[] weights = new float[datum.tokens().length];
    Arrays.fill(weights, 1e4f);
    Map<String, TokenValues> inputs = new HashMap<>(datum.inputs());
    inputs.put("weights", new TokenValues.Reals(weights));
    return new Datum(datum.tokens(), inputs);
  }

  private static double[] sum(LoraTrainee trainee, List<Datum> data, double bound) {
    trainee.forwardBackward(data, CROSS_ENTROPY, Map.of(), bound);
    double[] out = gradients(trainee);
    reset(trainee);
    return out;
  }

  @Test
  void anExampleThatIsNoNumberIsLeftOutAlone() throws Exception {
    try (TraineeSubject s = open();
        LoraTrainee trainee = s.trainee()) {
      List<Datum> data = new ArrayList<>(s.data(PPO, 3));
      LossResult good = trainee.forwardBackward(data, PPO, Map.of(), 0.5);
      double[] want = gradients(trainee);
      reset(trainee);
      Datum first = data.get(0);
      float[] far = new float[first.tokens().length];
      Arrays.fill(far, -1000);
      float[] negative = new float[far.length];
      Arrays.fill(negative, -1);
      Map<String, TokenValues> inputs = new HashMap<>(first.inputs());
      inputs.put("logprobs", new TokenValues.Reals(far));
      inputs.put("advantages", new TokenValues.Reals(negative));
      data.add(1, new Datum(first.tokens(), inputs));
      LossResult result = trainee.forwardBackward(data, PPO, Map.of(), 0.5);
      assertEquals(1, result.skipped());
      assertEquals(good.sum(), result.sum(), 1e-4);
      assertEquals(4, result.logprobs().size());
      assertTrue(distance(want, gradients(trainee)) < 1e-5 * norm(want));
    }
  }

  @Test
  void noiseIsAddedToTheSumBeforeItIsScaled() throws Exception {
    try (TraineeSubject s = open();
        LoraTrainee trainee = s.trainee()) {
      trainee.forwardBackward(s.data(CROSS_ENTROPY, 3), CROSS_ENTROPY, Map.of(), 1);
      double[] gradients = gradients(trainee);
      Map<String, float[]> before = new HashMap<>();
      trainee.trained().keySet().forEach(n -> before.put(n, trainee.values(n)));
      double norm =
          trainee.step(
              new OptimizerSpec.Sgd(0, false, 0),
              0.1,
              0.25,
              0,
              Optional.of(
                  values -> {
                    for (int i = 0; i < values.length; i++) {
                      values[i] += i;
                    }
                  }));
      int at = 0;
      double squares = 0;
      for (String name : trainee.trained().keySet()) {
        float[] now = trainee.values(name);
        float[] old = before.get(name);
        for (int i = 0; i < now.length; i++) {
          double noisy = (gradients[at++] + i) * 0.25;
          squares += noisy * noisy;
          assertEquals(old[i] - 0.1 * noisy, now[i], 1e-5 * (1 + i));
        }
      }
      assertEquals(Math.sqrt(squares), norm, 1e-5 * norm);
      assertArrayEquals(new double[gradients.length], gradients(trainee));
    }
  }

  @Test
  void lossesThatCompareExamplesAndBoundsThatAreNoneAreRefused() throws Exception {
    try (TraineeSubject s = open();
        LoraTrainee trainee = s.trainee()) {
      for (String name : List.of("margin_ranking", "contrastive", "mse")) {
        TokenLoss loss = Losses.all().named(name);
        refused(trainee, s.data(loss, 2), loss, 1);
      }
      for (double bound : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
        refused(trainee, s.data(CROSS_ENTROPY, 2), CROSS_ENTROPY, bound);
      }
    }
  }

  private static void refused(LoraTrainee t, List<Datum> data, TokenLoss loss, double bound) {
    TrainingException e =
        assertThrows(TrainingException.class, () -> t.forwardBackward(data, loss, Map.of(), bound));
    assertEquals("train.privacy", e.code());
    assertEquals(0, norm(gradients(t)));
  }
}
