package dev.tensafe.privacy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RdpAccountantTest {
  private static final RdpAccountant USUAL = new RdpAccountant();

  private static void assertNear(double expected, double actual, double relative, String what) {
    assertEquals(expected, actual, relative * Math.abs(expected), what);
  }

  /**
   * Of Google's differential-privacy library, rdp_privacy_accountant_test. At fractional orders it
   * adds up the magnitudes of the terms of the series, whose signs alternate from some term on: a
   * bound that is 3 % too high at order 1.5. Done so, the figure is the library's; ours is the
   * divergence (6.50070897e-4 and 1.08541806e-3 by 40 digits of mpmath).
   */
  @Test
  void divergencesAreThoseOfTheFieldsLibrary() {
    double[] orders = {1.5, 2.5, 5, 50, 100};
    double[] library = {6.70579741e-4, 1.08548710e-3, 2.18075656e-3, 2.38460375e-2, 167.416308};
    double[] ours = {6.50070897e-4, 1.08541806e-3, 2.18075656e-3, 2.38460375e-2, 167.416308};
    double[] curve = new RdpAccountant(orders).curve(List.of(new SampledGaussian(0.01, 2.5, 50)));
    for (int i = 0; i < orders.length; i++) {
      double magnitudes = 50 * RenyiMoment.series(0.01, 2.5, orders[i], false) / (orders[i] - 1);
      assertNear(library[i], i == 0 ? magnitudes : curve[i], 1e-4, "library's, " + orders[i]);
      assertNear(ours[i], curve[i], 1e-4, "ours, order " + orders[i]);
      assertTrue(curve[i] <= library[i] * (1 + 1e-8), "order " + orders[i]);
    }
  }

  @Test
  void gaussianNoiseGivesTheEpsilonAndDeltaItWasMadeFor() {
    double[] orders = IntStream.range(1010, 100_000).mapToDouble(i -> i / 1000.0).toArray();
    RdpAccountant accountant = new RdpAccountant(orders);
    List<SampledGaussian> event = List.of(new SampledGaussian(1, 4.530877117, 1));
    assertNear(1, accountant.epsilon(event, 1e-6), 1e-4, "epsilon");
    assertNear(1e-6, accountant.delta(event, 1), 1e-4, "delta");
    assertNear(1, USUAL.epsilon(event, 1e-6), 1e-4, "epsilon of the usual orders");
  }

  @Test
  void aConstantDivergenceIsConvertedAtItsLargestOrder() {
    RdpAccountant accountant =
        new RdpAccountant(IntStream.rangeClosed(2, 32).asDoubleStream().toArray());
    double[] curve = new double[31];
    Arrays.fill(curve, 1.1);
    assertNear(1.32783806, accountant.epsilon(curve, 1e-5), 1e-8, "epsilon");
    assertEquals(32, accountant.bestOrder(curve, 1e-5));
    assertNear(1e-5, accountant.delta(curve, 1.32783806176), 1e-8, "delta");
  }

  /** Computed once with mpmath 1.2.1, 60 digits, from the definition. */
  @ParameterizedTest
  @CsvSource({
    "1e-7, 0.1, 1.01, 4.0034123225264e-8",
    "1e-6, 0.1, 256, 3260463.2292972",
    "1e-5, 0.1, 256.1, 3263607.0397884",
    "1e-6, 1, 27, 8.7695113048485e-10",
    "1e-4, 1.0, 1.5, 6.4426869538366e-9",
    "1e-3, 1.0, 2, 1.7182803522145e-6",
    "0.01, 10, 20, 0.00019129699912843",
    "0.1, 100, 20.5, 0.00019991818458068",
    "0.99, 0.1, 256, 3263997.427114",
    "0.999, 100, 256.1, 3.2601080379731",
    "0.5, 1, 1.1, 0.015613047568549",
    "0.3, 0.5, 3.7, 15.525477428535",
    "0.5, 4, 9.9, 0.80454493350457",
    "1e-9, 5, 1.1, 2.2445925804978e-21",
    "0.999, 0.05, 1.1, 21.998899449633",
    "0.2, 0.02, 5.5, 30928.648091482"
  })
  void momentsAreThoseOfManyDigits(double q, double sigma, double alpha, double expected) {
    assertNear(expected, RenyiMoment.logA(q, sigma, alpha), 1e-8, "log A");
  }

  /** Simpson's rule on the definition, in another variable than the accountant's own integral. */
  private static double divergenceBySimpson(double q, double sigma, double alpha) {
    double from = -12;
    double to = alpha / sigma + 12;
    int intervals = 2 * (int) Math.ceil((to - from) * 40 * Math.max(1, 1 / sigma));
    double h = (to - from) / intervals;
    double sum = 0;
    for (int i = 0; i <= intervals; i++) {
      double t = from + i * h;
      double r = 1 - q + q * Math.exp((2 * t * sigma - 1) / (2 * sigma * sigma));
      double value = (Math.pow(r, alpha) - 1 - alpha * (r - 1)) * Math.exp(-0.5 * t * t);
      sum += value * (i == 0 || i == intervals ? 1 : i % 2 == 1 ? 4 : 2);
    }
    return Math.log1p(sum * h / 3 / Math.sqrt(2 * Math.PI)) / (alpha - 1);
  }

  @Test
  void randomDivergencesAreThoseOfNumericalIntegration() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      double q = Math.pow(10, -3.5 * random.nextDouble()) * 0.999;
      double sigma = Math.pow(10, -0.4 + 1.4 * random.nextDouble());
      double alpha = 1.05 + 12 * random.nextDouble() * Math.min(1, sigma);
      alpha = i % 3 == 0 ? Math.rint(alpha) + 1 : alpha;
      double actual = new RdpAccountant(alpha).stepCurve(q, sigma)[0];
      assertNear(
          divergenceBySimpson(q, sigma, alpha),
          actual,
          1e-6,
          "seed " + seed + ", q " + q + ", sigma " + sigma + ", order " + alpha);
    }
  }

  @Test
  void divergencesGrowWithTheOrder() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 50; i++) {
      double q = Math.pow(10, -6 * random.nextDouble());
      double sigma = Math.pow(10, -1 + 3 * random.nextDouble());
      double[] curve = USUAL.stepCurve(q, sigma);
      for (int j = 1; j < curve.length; j++) {
        assertTrue(
            curve[j] >= curve[j - 1] * (1 - 1e-9),
            "seed " + seed + ", q " + q + ", sigma " + sigma + ", order " + USUAL.orders()[j]);
      }
    }
  }

  @Test
  void stepsOfDifferentKindsAddUp() {
    SampledGaussian one = new SampledGaussian(0.02, 1.1, 300);
    SampledGaussian other = new SampledGaussian(1, 20, 7);
    double[] both = USUAL.curve(List.of(one, other));
    double[] ones = USUAL.stepCurve(0.02, 1.1);
    double[] others = USUAL.stepCurve(1, 20);
    for (int i = 0; i < both.length; i++) {
      assertNear(300 * ones[i] + 7 * others[i], both[i], 1e-12, "order " + i);
    }
    assertEquals(
        USUAL.epsilon(List.of(one.withSteps(100), other, one.withSteps(200)), 1e-5),
        USUAL.epsilon(List.of(one, other), 1e-5),
        1e-9);
  }

  @Test
  void nothingDoneSpendsNothing() {
    assertEquals(0, USUAL.epsilon(List.of(), 1e-9));
    assertEquals(0, USUAL.delta(List.of(), 0));
  }

  @Test
  void numbersOutOfRangeAreRefused() {
    double nan = Double.NaN;
    double infinite = Double.POSITIVE_INFINITY;
    for (double rate : new double[] {0, -0.1, 1.0000001, nan, 1e-10}) {
      refused(() -> new SampledGaussian(rate, 1, 1));
    }
    for (double noise : new double[] {0, -1, nan, infinite, 1e-3, 1e7}) {
      refused(() -> new SampledGaussian(0.5, noise, 1));
    }
    refused(() -> new SampledGaussian(0.5, 1, 0));
    refused(() -> new SampledGaussian(0.5, 1, Long.MAX_VALUE));
    for (double delta : new double[] {0, 1, -1, nan}) {
      refused(() -> USUAL.epsilon(List.of(), delta));
    }
    for (double epsilon : new double[] {-1e-9, infinite, nan}) {
      refused(() -> USUAL.delta(List.of(), epsilon));
    }
    refused(() -> new RdpAccountant(1.0));
    refused(() -> new RdpAccountant(new double[0]));
    refused(() -> USUAL.epsilon(new double[] {1}, 0.1));
  }

  private static void refused(Runnable call) {
    PrivacyException e = assertThrows(PrivacyException.class, call::run);
    assertEquals("privacy.invalid", e.code());
  }
}
