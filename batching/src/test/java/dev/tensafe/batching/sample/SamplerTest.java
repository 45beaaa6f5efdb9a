package dev.tensafe.batching.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.EngineException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplerTest {
  private static final int VOCAB = 200;
  private final Sampler sampler = new Sampler(VOCAB);

  private static SamplingParams params(
      double temperature, int k, double p, double minP, long seed) {
    return new SamplingParams(
        temperature, k, p, minP, 1, 0, 0, Map.of(), seed, 10, 0, false, Set.of(), -1);
  }

  private static LogitMask mask(SamplingParams params) {
    return MaskChain.of(params, Set.of(7), null);
  }

  private static float[] logits(long seed) {
    Random random = new Random(seed);
    float[] out = new float[VOCAB];
    for (int i = 0; i < VOCAB; i++) {
      out[i] = (float) (3 * random.nextGaussian());
    }
    return out;
  }

  @Test
  void truncatedDistributionsAreThoseOfAPlainReference() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    double[][] cases = {
      {1, 0, 1, 0}, {0.7, 5, 1, 0}, {1.3, 0, 0.8, 0}, {1, 20, 0.6, 0}, {1, 0, 1, 0.1}
    };
    for (double[] c : cases) {
      float[] logits = logits(seed);
      double[] expected = reference(logits, c[0], (int) c[1], c[2], c[3]);
      int draws = 40_000;
      int[] counts = new int[VOCAB];
      for (int i = 0; i < draws; i++) {
        SamplingParams p = params(c[0], (int) c[1], c[2], c[3], seed + i);
        counts[sampler.sample(Rows.of(logits), new int[] {1}, 1, 1, p, mask(p)).token()]++;
      }
      // the normal bound needs a few dozen expected draws: rarer tokens are judged together
      double rare = 0;
      int rareDraws = 0;
      for (int i = 0; i < VOCAB; i++) {
        if (expected[i] == 0) {
          assertEquals(0, counts[i], "token " + i + " was cut off");
        } else if (expected[i] * draws < 30) {
          rare += expected[i];
          rareDraws += counts[i];
        } else {
          assertShare("token " + i, expected[i], counts[i], draws);
        }
      }
      if (rare * draws >= 30) {
        assertShare("all rare tokens", rare, rareDraws, draws);
      }
    }
  }

  private static void assertShare(String what, double expected, int count, int draws) {
    double sigma = Math.sqrt(expected * (1 - expected) / draws);
    assertEquals(expected, count / (double) draws, 5.5 * sigma + 1e-9, what);
  }

  private static double[] reference(float[] logits, double t, int k, double p, double minP) {
    Integer[] order = IntStream.range(0, VOCAB).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.comparing(i -> -logits[i]));
    double[] weight = new double[VOCAB];
    double total = 0;
    for (int rank = 0; rank < VOCAB; rank++) {
      if (k == 0 || rank < k) {
        weight[order[rank]] = Math.exp((logits[order[rank]] - logits[order[0]]) / t);
        total += weight[order[rank]];
      }
    }
    double before = 0;
    for (int i : order) {
      double w = weight[i];
      if (before >= p * total || w < minP * weight[order[0]]) {
        weight[i] = 0;
      }
      before += w;
    }
    double sum = Arrays.stream(weight).sum();
    return Arrays.stream(weight).map(w -> w / sum).toArray();
  }

  @Test
  void theStreamDependsOnSeedAndPositionOnly() {
    float[] logits = logits(3);
    int[] history = new int[50];
    SamplingParams p = params(1, 0, 1, 0, 42);
    int[] first = new int[40];
    for (int n = 1; n <= 40; n++) {
      first[n - 1] = sampler.sample(Rows.of(logits), history, n, 1, p, mask(p)).token();
    }
    Sampler other = new Sampler(VOCAB);
    for (int n = 40; n >= 1; n--) {
      other.sample(Rows.of(logits(n)), history, 3, 1, params(2, 3, 0.5, 0, n), MaskChain.NONE);
      assertEquals(first[n - 1], other.sample(Rows.of(logits), history, n, 1, p, mask(p)).token());
    }
    assertTrue(Arrays.stream(first).distinct().count() > 5);
    assertNotEquals(RandomStream.uniform(1, 0), RandomStream.uniform(0, 1));
  }

  @Test
  void penaltiesAndBiasFollowTheirFormulas() {
    float[] logits = new float[VOCAB];
    logits[1] = 4;
    logits[2] = 3.9f;
    logits[3] = -1;
    int[] history = {3, 1, 1, 2};
    // prompt {3, 1}, output {1, 2}: repetition halves 1 and 2, then presence and frequency
    SamplingParams p =
        new SamplingParams(0, 0, 1, 0, 2, 0.5, 1.3, Map.of(), 0, 9, 0, false, Set.of(), -1);
    // 1: 4/2 − 0.5 − 1.3 = 0.2; 2: 1.95 − 1.8 = 0.15; all others 0; 3: −2
    assertEquals(1, sampler.sample(Rows.of(logits), history, 4, 2, p, mask(p)).token());
    int[] more = {3, 1, 1, 2, 1};
    // 1 twice in the output: 2 − 0.5 − 2.6 < 0.15
    assertEquals(2, sampler.sample(Rows.of(logits), more, 5, 2, p, mask(p)).token());
    SamplingParams biased =
        new SamplingParams(0, 0, 1, 0, 1, 0, 0, Map.of(9, 100f), 0, 9, 0, false, Set.of(), -1);
    assertEquals(9, sampler.sample(Rows.of(logits), history, 4, 2, biased, mask(biased)).token());
  }

  @Test
  void endTokensAreImpossibleBeforeTheMinimum() {
    float[] logits = new float[VOCAB];
    logits[7] = 50;
    logits[8] = 40;
    logits[9] = 30;
    SamplingParams p =
        new SamplingParams(0, 0, 1, 0, 1, 0, 0, Map.of(), 0, 9, 2, false, Set.of(8), -1);
    LogitMask mask = mask(p);
    mask.accept(1);
    assertEquals(9, sampler.sample(Rows.of(logits), new int[5], 4, 3, p, mask).token());
    mask.accept(1);
    assertEquals(7, sampler.sample(Rows.of(logits), new int[5], 5, 3, p, mask).token());
    assertFalse(mask.active());
    mask.rewind(1);
    assertEquals(9, sampler.sample(Rows.of(logits), new int[5], 4, 3, p, mask).token());
    assertThrows(IllegalArgumentException.class, () -> mask.rewind(2));
  }

  @Test
  void logProbabilitiesAreThoseOfTheUntouchedDistribution() {
    float[] logits = logits(5);
    SamplingParams p =
        new SamplingParams(0, 0, 1, 0, 1, 0, 0, Map.of(11, 100f), 0, 9, 0, false, Set.of(), 4);
    TokenLogprob got = sampler.sample(Rows.of(logits), new int[] {1}, 1, 1, p, mask(p)).logprob();
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    assertEquals(11, got.token());
    assertEquals(logits[11] - Math.log(sum), got.logprob(), 1e-9);
    List<Integer> best =
        IntStream.range(0, VOCAB)
            .boxed()
            .sorted(Comparator.comparing(i -> -logits[i]))
            .limit(4)
            .toList();
    assertEquals(best, got.top().stream().map(TokenLogprob.Alternative::token).toList());
  }

  @Test
  void aMaskThatLeavesNothingIsTheRequestsOwnFault() {
    LogitMask all =
        new LogitMask() {
          @Override
          public boolean active() {
            return true;
          }

          @Override
          public void apply(AdjustedRow logits) {
            for (int token = 0; token < logits.size(); token++) {
              logits.set(token, Float.NEGATIVE_INFINITY);
            }
          }

          @Override
          public void accept(int token) {}

          @Override
          public void rewind(int tokens) {}
        };
    EngineException e =
        assertThrows(
            EngineException.class,
            () ->
                sampler.sample(
                    Rows.of(logits(1)), new int[] {1}, 1, 1, SamplingParams.greedy(1), all));
    assertEquals("engine.no_token_fits", e.code());
    assertEquals(EngineException.Kind.INVALID, e.kind());
  }

  @Test
  void logitsThatAreNotNumbersFailTheSequence() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      float[] logits = logits(1);
      logits[3] = bad;
      EngineException e =
          assertThrows(
              EngineException.class,
              () ->
                  sampler.sample(
                      Rows.of(logits),
                      new int[] {1},
                      1,
                      1,
                      SamplingParams.greedy(1),
                      MaskChain.NONE));
      assertEquals("engine.numerics", e.code());
    }
  }
}
