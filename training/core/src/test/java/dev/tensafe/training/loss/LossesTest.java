package dev.tensafe.training.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.training.TrainingException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Losses against values computed by hand and their gradients against finite differences. */
class LossesTest {
  private static final Losses ALL = Losses.all();

  private static Datum datum(long[] targets, Map<String, float[]> reals) {
    Map<String, TokenValues> inputs = new HashMap<>();
    inputs.put("target_tokens", new TokenValues.Integers(targets));
    reals.forEach((name, values) -> inputs.put(name, new TokenValues.Reals(values)));
    return new Datum(new int[targets.length], inputs);
  }

  private static float[] f(double... values) {
    float[] out = new float[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) values[i];
    }
    return out;
  }

  private static LossValue value(
      String name, List<Datum> data, float[][] logprobs, Map<String, Double> config) {
    TokenLoss loss = ALL.named(name);
    return loss.evaluate(data, logprobs, Losses.check(loss, data, config));
  }

  private static void check(double sum, double[] slopes, LossValue got) {
    assertEquals(sum, got.sum(), 1e-6);
    for (int t = 0; t < slopes.length; t++) {
      assertEquals(slopes[t], got.gradients()[0][t], 1e-6, "position " + t);
    }
  }

  @Test
  void crossEntropyIsTheWeightedSumOfNegativeLogarithms() {
    float[][] logprobs = {f(-1, -2, 0, -4)};
    long[] targets = {3, 4, -100, 5};
    check(
        7,
        new double[] {-1, -1, 0, -1},
        value("cross_entropy", List.of(datum(targets, Map.of())), logprobs, Map.of()));
    Datum weighted = datum(targets, Map.of("weights", f(0.5, 0, 9, -2)));
    check(
        0.5 - 8,
        new double[] {-0.5, 0, 0, 2},
        value("cross_entropy", List.of(weighted), logprobs, Map.of()));
  }

  /** Ratios of 2, 1/2 and 1, with advantages of both signs. */
  private static Datum ratios() {
    return datum(
        new long[] {1, 1, 1, 1, 1},
        Map.of(
            "logprobs",
                f(-1 - Math.log(2), -1 - Math.log(2), -1 - Math.log(.5), -1 - Math.log(.5), -1),
            "advantages", f(3, -3, 3, -3, 1)));
  }

  private static final float[][] ONES = {f(-1, -1, -1, -1, -1)};

  @Test
  void importanceSamplingMultipliesAdvantagesByTheRatio() {
    check(
        -(6 - 6 + 1.5 - 1.5 + 1),
        new double[] {-6, 6, -1.5, 1.5, -1},
        value("importance_sampling", List.of(ratios()), ONES, Map.of()));
  }

  @Test
  void ppoTakesTheWorseOfFreeAndClipped() {
    // 3: min(6, 3.6); -3: min(-6, -3.6); 3: min(1.5, 2.4); -3: min(-1.5, -2.4); 1: 1
    LossValue got = value("ppo", List.of(ratios()), ONES, Map.of());
    check(-(3.6 - 6 + 1.5 - 2.4 + 1), new double[] {0, 6, -1.5, 0, -1}, got);
    assertEquals(Map.of("clipped:sum", 4.0), got.metrics());
    check(
        -(4.5 - 6 + 1.5 - 2.7 + 1),
        new double[] {0, 6, -1.5, 0, -1},
        value(
            "ppo",
            List.of(ratios()),
            ONES,
            Map.of("clip_low_threshold", 0.9, "clip_high_threshold", 1.5)));
  }

  @Test
  void thresholdsGivenWithAnExampleCountMoreThanTheSettings() {
    Map<String, TokenValues> inputs = new HashMap<>(ratios().inputs());
    inputs.put("clip_low_threshold", new TokenValues.Reals(f(0.9)));
    inputs.put("clip_high_threshold", new TokenValues.Reals(f(1.5, 1.5, 1.5, 1.5, 1.5)));
    check(
        -(4.5 - 6 + 1.5 - 2.7 + 1),
        new double[] {0, 6, -1.5, 0, -1},
        value("ppo", List.of(new Datum(new int[5], inputs)), ONES, Map.of()));
  }

  @Test
  void cispoWeighsLogarithmsByTheClippedRatio() {
    check(
        1.2 * 3 - 1.2 * 3 + 0.8 * 3 - 0.8 * 3 + 1,
        new double[] {-3.6, 3.6, -2.4, 2.4, -1},
        value("cispo", List.of(ratios()), ONES, Map.of()));
  }

  @Test
  void directRewardPullsBackByTheSquare() {
    Datum datum = datum(new long[] {1, 1}, Map.of("logprobs", f(-1, -3), "advantages", f(2, -1)));
    float[][] logprobs = {f(-1.5, -1)};
    double want = -(2 * -1.5 - 0.025 * 0.25) - (-1 * -1.0 - 0.025 * 4);
    check(
        want,
        new double[] {-2 + 0.05 * -0.5, 1 + 0.05 * 2},
        value("dro", List.of(datum), logprobs, Map.of()));
    check(
        -(2 * -1.5 - 0.5 * 0.25) - (1 - 0.5 * 4),
        new double[] {-2.5, 3},
        value("dro", List.of(datum), logprobs, Map.of("beta", 1.0)));
  }

  @Test
  void pairsAndGroupsAreComparedByTheirSums() {
    List<Datum> data = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      data.add(datum(new long[] {1, 1}, Map.of("weights", f(1, 2))));
    }
    // scores -3, -4, -5, -2
    float[][] logprobs = {f(-1, -1), f(-2, -1), f(-1, -2), f(0, -1)};
    LossValue ranking = value("margin_ranking", data, logprobs, Map.of("margin", 3.0));
    check(2 + 6, new double[] {-1, -2}, ranking);
    assertEquals(2, ranking.gradients()[3][1]);
    assertEquals(Map.of("groups:sum", 2.0, "first:sum", 1.0), ranking.metrics());
    check(4, new double[] {0, 0}, value("margin_ranking", data, logprobs, Map.of()));
    check(0 + 16, new double[] {0, 0}, value("mse", data, logprobs, Map.of()));
    double pairs = Math.log(1 + Math.exp(-1)) + Math.log(1 + Math.exp(3));
    double share = 1 / (1 + Math.E);
    check(pairs, new double[] {-share, -2 * share}, value("contrastive", data, logprobs, Map.of()));
    double four = Math.log(Math.exp(-1.5) + Math.exp(-2) + Math.exp(-2.5) + Math.exp(-1)) + 1.5;
    assertEquals(
        four,
        value("contrastive", data, logprobs, Map.of("group_size", 4.0, "temperature", 2.0)).sum(),
        1e-6);
  }

  @Test
  void gradientsMatchFiniteDifferences() {
    long seed = new Random().nextLong();
    System.out.println("LossesTest seed " + seed);
    Random random = new Random(seed);
    for (String name : ALL.names()) {
      List<Datum> data = new ArrayList<>();
      float[][] logprobs = new float[6][];
      for (int i = 0; i < 6; i++) {
        int n = 2 + random.nextInt(5);
        logprobs[i] = new float[n];
        Map<String, float[]> reals = new HashMap<>();
        reals.put("weights", new float[n]);
        ALL.named(name).inputs().stream()
            .filter(LossInput::required)
            .forEach(input -> reals.put(input.name(), new float[n]));
        for (int t = 0; t < n; t++) {
          logprobs[i][t] = -(1 + random.nextInt(4000)) / 1024f;
          for (Map.Entry<String, float[]> e : reals.entrySet()) {
            e.getValue()[t] =
                e.getKey().equals("logprobs")
                    ? (float) (logprobs[i][t] + random.nextGaussian() / 3)
                    : (float) random.nextGaussian();
          }
        }
        long[] targets = new long[n];
        targets[0] = -100;
        data.add(datum(targets, reals));
      }
      LossValue at = value(name, data, logprobs, Map.of());
      float step = 1f / 1024;
      for (int i = 0; i < 6; i++) {
        for (int t = 0; t < logprobs[i].length; t++) {
          float before = logprobs[i][t];
          logprobs[i][t] = before + step;
          double above = value(name, data, logprobs, Map.of()).sum();
          logprobs[i][t] = before - step;
          double below = value(name, data, logprobs, Map.of()).sum();
          logprobs[i][t] = before;
          double slope = (above - below) / (2 * step);
          double got = at.gradients()[i][t];
          if (name.equals("cispo")) {
            // the factor is a constant: where it is not clipped a difference sees it move
            double ratio = Math.exp(before - data.get(i).reals("logprobs", 0)[t]);
            double moves =
                data.get(i).reals("advantages", 0)[t] * data.get(i).reals("weights", 1)[t];
            boolean free = ratio > 0.8 && ratio < 1.2 && t > 0;
            slope -= free ? -moves * ratio * before : 0;
          }
          if (kink(name, data.get(i), t, before, step)) {
            continue;
          }
          assertEquals(slope, got, 2e-4 * (1 + Math.abs(slope)), name + " " + i + "," + t);
        }
      }
      assertEquals(0, at.gradients()[0][0], name);
    }
  }

  /** Whether a threshold lies within a step. */
  private static boolean kink(String name, Datum datum, int t, float logprob, float step) {
    if (!name.equals("ppo") && !name.equals("cispo")) {
      return false;
    }
    double away = logprob - datum.reals("logprobs", 0)[t];
    return Math.abs(away - Math.log(0.8)) <= step || Math.abs(away - Math.log(1.2)) <= step;
  }

  @Test
  void oneOfOnesOwnIsFoundOnTheClassPath() {
    assertTrue(ALL.names().contains("squared_for_tests"), ALL.names().toString());
    check(
        4 + 9,
        new double[] {-4, -6},
        value(
            "squared_for_tests",
            List.of(datum(new long[] {1, 1}, Map.of())),
            new float[][] {f(-2, -3)},
            Map.of()));
  }

  private static void refused(String code, String part, Runnable run) {
    TrainingException e = assertThrows(TrainingException.class, run::run);
    assertEquals(code, e.code());
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }

  @Test
  void whatALossDoesNotTakeIsRefusedWithWhatItTakes() {
    refused("train.loss", "[cispo, contrastive, cross_entropy, dro,", () -> ALL.named("dpo"));
    long[] targets = {1, 2};
    Map<String, float[]> both = Map.of("logprobs", f(0, 0), "advantages", f(0, 0));
    TokenLoss ppo = ALL.named("ppo");
    Losses.check(ppo, List.of(datum(targets, both)), Map.of());
    refused(
        "train.loss_config",
        "[clip_high_threshold, clip_low_threshold]",
        () -> Losses.check(ppo, List.of(datum(targets, both)), Map.of("clip", 1.0)));
    refused(
        "train.loss_config",
        "clip_low_threshold is NaN",
        () ->
            Losses.check(
                ppo, List.of(datum(targets, both)), Map.of("clip_low_threshold", Double.NaN)));
    refused(
        "train.loss_input",
        "example 1: logprobs is missing",
        () ->
            Losses.check(
                ppo,
                List.of(datum(targets, both), datum(targets, Map.of("advantages", f(0, 0)))),
                Map.of()));
    TokenLoss plain = ALL.named("cross_entropy");
    refused(
        "train.loss_input",
        "takes [target_tokens, weights] and no more",
        () -> Losses.check(plain, List.of(datum(targets, both)), Map.of()));
    refused(
        "train.loss_input",
        "weights has 3 values for 2 tokens",
        () ->
            Losses.check(plain, List.of(datum(targets, Map.of("weights", f(1, 1, 1)))), Map.of()));
    refused(
        "train.loss_input",
        "weights holds a NaN or an infinity",
        () ->
            Losses.check(
                plain, List.of(datum(targets, Map.of("weights", f(1, Double.NaN)))), Map.of()));
    refused(
        "train.loss_input",
        "target_tokens is missing",
        () -> Losses.check(plain, List.of(new Datum(new int[2], Map.of())), Map.of()));
    refused(
        "train.loss_input",
        "target_tokens has 2 values for 3 tokens",
        () ->
            Losses.check(
                plain,
                List.of(new Datum(new int[3], datum(targets, Map.of()).inputs())),
                Map.of()));
    refused(
        "train.loss_input",
        "weights is not of floating-point numbers",
        () ->
            Losses.check(
                plain,
                List.of(
                    new Datum(
                        new int[2],
                        Map.of(
                            "target_tokens",
                            new TokenValues.Integers(targets),
                            "weights",
                            new TokenValues.Integers(targets)))),
                Map.of()));
    List<Datum> three =
        List.of(datum(targets, Map.of()), datum(targets, Map.of()), datum(targets, Map.of()));
    refused(
        "train.loss_input",
        "3 examples are no multiple",
        () -> Losses.check(ALL.named("mse"), three, Map.of()));
    for (double size : new double[] {1, 2.5, 1e9}) {
      refused(
          "train.loss_config",
          "group_size",
          () -> Losses.check(ALL.named("contrastive"), three, Map.of("group_size", size)));
    }
    refused(
        "train.loss_config",
        "temperature",
        () -> Losses.check(ALL.named("contrastive"), three, Map.of("temperature", 0.0)));
  }

  @Test
  void noTextShowsValues() {
    String text =
        datum(new long[] {4711}, Map.of("weights", f(4711))).toString()
            + new TokenValues.Integers(new long[] {4711})
            + new TokenValues.Reals(f(4711))
            + new LossResult(1, List.of(f(4711)), Map.of(), 0);
    assertTrue(!text.contains("4711"), text);
  }
}
