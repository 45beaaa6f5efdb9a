package dev.tensafe.privacy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrvAccountantTest {
  private static final PrvAccountant PRV = new PrvAccountant();
  private static final RdpAccountant RDP = new RdpAccountant();

  /** No smaller than the exact figure, and not much larger. */
  private static void assertBound(double exact, double bound, double slack, String what) {
    assertTrue(bound >= exact * (1 - 1e-9), what + ": " + bound + " is below " + exact);
    assertTrue(bound <= exact * (1 + slack) + 1e-15, what + ": " + bound + " is above " + exact);
  }

  /** Balle and Wang (arXiv 1805.06530), theorem 8, for steps without sampling. */
  private static double gaussian(double sigma, long steps, double epsilon) {
    double mu = Math.sqrt(steps) / sigma;
    return NormalTail.above(epsilon / mu - mu / 2)
        - Math.exp(epsilon) * NormalTail.above(epsilon / mu + mu / 2);
  }

  @Test
  void withoutSamplingItIsTheAnalyticGaussian() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int counted = 0; counted < 6; ) {
      double sigma = Math.pow(10, 2 * random.nextDouble());
      long steps = 1 + (long) Math.pow(10, 3 * random.nextDouble());
      double epsilon = (0.2 + 4 * random.nextDouble()) * Math.sqrt(steps) / sigma;
      String what = "seed " + seed + ", sigma " + sigma + ", " + steps + " steps, " + epsilon;
      double exact = gaussian(sigma, steps, epsilon);
      List<SampledGaussian> events = List.of(new SampledGaussian(1, sigma, steps));
      if (exact > 1 - 1e-6) {
        // Many steps with little noise. The bound of rounding, some 1e-9 of delta, moves an epsilon
        // far when delta is this near to 1; delta itself stays a bound.
        assertBound(exact, PRV.delta(events, epsilon), 0.01, what);
        continue;
      }
      counted++;
      assertBound(exact, PRV.delta(events, epsilon), 0.01, what);
      assertBound(epsilon, PRV.epsilon(events, exact), 0.01, what);
    }
  }

  private static double ratio(double q, double sigma, double x) {
    return 1 - q + q * Math.exp((2 * x - 1) / (2 * sigma * sigma));
  }

  private static double whereRatioIs(double q, double sigma, double r) {
    return sigma * sigma * Math.log((r - (1 - q)) / q) + 0.5;
  }

  /** The hockey-stick divergence of one step, for any real epsilon. */
  private static double exactDelta(SampledGaussian step, boolean removal, double epsilon) {
    double q = step.rate();
    double sigma = step.noiseMultiplier();
    double growth = Math.exp(epsilon);
    if (removal) {
      if (growth <= 1 - q) {
        return 1 - growth;
      }
      double x = whereRatioIs(q, sigma, growth);
      double without = NormalTail.above(x / sigma);
      return (1 - q - growth) * without + q * NormalTail.above((x - 1) / sigma);
    }
    if (1 / growth <= 1 - q) {
      return 0;
    }
    double x = whereRatioIs(q, sigma, 1 / growth);
    double without = NormalTail.above(-x / sigma);
    double with = (1 - q) * without + q * NormalTail.above((1 - x) / sigma);
    return without - growth * with;
  }

  /** Two steps: the second's divergence at what the first leaves, by Simpson's rule. */
  private static double exactDelta(
      SampledGaussian one, SampledGaussian other, boolean removal, double epsilon) {
    double q = one.rate();
    double sigma = one.noiseMultiplier();
    double from = -11;
    double to = 11 + 1 / sigma;
    int intervals = 40_000;
    double width = (to - from) / intervals;
    double sum = 0;
    for (int i = 0; i <= intervals; i++) {
      double t = from + i * width;
      double r = ratio(q, sigma, t * sigma);
      double weight = NormalTail.density(t) * (removal ? r : 1);
      double loss = removal ? Math.log(r) : -Math.log(r);
      sum +=
          weight
              * exactDelta(other, removal, epsilon - loss)
              * (i == 0 || i == intervals ? 1 : i % 2 == 1 ? 4 : 2);
    }
    return sum * width / 3;
  }

  private static SampledGaussian any(Random random) {
    return new SampledGaussian(
        Math.pow(10, -2.5 * random.nextDouble()), Math.pow(10, -0.3 + random.nextDouble()), 1);
  }

  @Test
  void oneStepIsTheClosedForm() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 6; i++) {
      SampledGaussian step = any(random);
      double epsilon = RDP.epsilon(List.of(step), 1e-6) * random.nextDouble();
      double exact = Math.max(exactDelta(step, true, epsilon), exactDelta(step, false, epsilon));
      double bound = PRV.byLossAt(List.of(step), epsilon, RDP.delta(List.of(step), epsilon));
      assertBound(exact, bound, 0.01, "seed " + seed + ", " + step + ", " + epsilon);
    }
  }

  @Test
  void twoStepsAreThoseOfNumericalIntegration() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 6; i++) {
      List<SampledGaussian> steps = List.of(any(random), any(random));
      SampledGaussian one = steps.get(0);
      SampledGaussian other = steps.get(1);
      double epsilon = RDP.epsilon(steps, 1e-5) * random.nextDouble();
      double exact =
          Math.max(exactDelta(one, other, true, epsilon), exactDelta(one, other, false, epsilon));
      double bound = PRV.byLossAt(steps, epsilon, RDP.delta(steps, epsilon));
      String what = "seed " + seed + ", " + steps + ", " + epsilon;
      assertTrue(bound >= exact * (1 - 1e-6) - 1e-13, what + ": " + bound + ", " + exact);
      assertTrue(bound <= exact * 1.01 + 1e-13, what + ": " + bound + ", " + exact);
    }
  }

  /**
   * Epsilons of the pessimistic estimate of Google's dp_accounting (its commit of this year; grid
   * 1e-4, connect the dots), computed once. Where its grid is the coarser one it says a little
   * more.
   */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1e-5, 4.377178100028768",
    "1, 4.530877117, 1, 1e-5, 0.8080995284235974",
    "0.01, 1, 1000, 1e-5, 1.8282436462208398",
    "0.01, 1, 1000, 1e-10, 3.290488649138628",
    "0.01, 0.6, 10000, 1e-5, 23.017587261992322",
    "0.001, 1, 100000, 1e-5, 1.6380285953117",
    "0.1, 2, 100, 1e-5, 2.3374001924660037",
    "0.1, 2, 100, 1e-10, 3.8291513440755973",
    "0.5, 10, 1000, 1e-5, 7.545173797593767",
    "0.004, 0.8, 1, 1e-10, 1.8587162621078128",
    "0.01, 2.5, 50, 1e-5, 0.09945653984587824"
  })
  void manyStepsAreThoseOfTheFieldsLibrary(
      double q, double sigma, long steps, double delta, double expected) {
    double epsilon = PRV.epsilon(List.of(new SampledGaussian(q, sigma, steps)), delta);
    assertEquals(expected, epsilon, 1e-3 * expected);
  }

  @Test
  void itSaysNoMoreThanTheBoundByRenyiDivergences() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 6; i++) {
      List<SampledGaussian> events =
          List.of(
              any(random).withSteps(1 + random.nextInt(3000)),
              any(random).withSteps(1 + random.nextInt(30)));
      double delta = Math.pow(10, -4 - 8 * random.nextDouble());
      String what = "seed " + seed + ", " + events + ", " + delta;
      double renyi = RDP.epsilon(events, delta);
      double epsilon = PRV.byLoss(events, delta, renyi);
      assertTrue(epsilon <= renyi, what + ": " + epsilon + ", " + renyi);
      // a bound through divergences is not that far from the truth
      assertTrue(epsilon >= 0.2 * renyi - 0.3, what + ": " + epsilon + ", " + renyi);
      assertTrue(PRV.delta(events, epsilon) <= delta * 1.01, what);
    }
  }

  /** Both accountants: more steps, a higher rate, less noise or a smaller delta cost more. */
  @Test
  void epsilonIsMonotone() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 3; i++) {
      SampledGaussian few = any(random).withSteps(1 + random.nextInt(300));
      double q = few.rate();
      double sigma = few.noiseMultiplier();
      long steps = few.steps();
      double delta = Math.pow(10, -3 - 6 * random.nextDouble());
      for (Accountant accountant : List.of(RDP, PRV)) {
        double least = accountant.epsilon(List.of(few), delta);
        String what = "seed " + seed + ", " + accountant.name() + " " + few + ", " + delta;
        SampledGaussian[] worse = {
          new SampledGaussian(q, sigma, steps + 1 + steps / 4),
          new SampledGaussian(Math.min(1, q * 1.3), sigma, steps),
          new SampledGaussian(q, sigma / 1.2, steps)
        };
        for (SampledGaussian event : worse) {
          double more = accountant.epsilon(List.of(event), delta);
          assertTrue(more >= least, what + ": " + least + ", " + more + " for " + event);
        }
        assertTrue(accountant.epsilon(List.of(few), delta / 3) >= least, what);
        assertTrue(accountant.delta(List.of(few), least * 1.1 + 0.01) <= delta * 1.01, what);
      }
    }
  }

  /** Chernoff's bound, tilting and the grid at their limits: never below the exact figure. */
  @ParameterizedTest
  @CsvSource({
    "1, 0.05, 1, 1e-6",
    "1, 0.5, 20, 1e-30",
    "1, 1000, 100000, 1e-200",
    "1, 1000, 1, 1e-9",
    "1, 20, 1000000, 1e-3",
    "1, 300, 1000000, 0.3"
  })
  void extremesStayAboveTheExactFigure(double q, double sigma, long steps, double delta) {
    double epsilon = PRV.epsilon(List.of(new SampledGaussian(q, sigma, steps)), delta);
    double exact = gaussian(sigma, steps, epsilon);
    assertTrue(exact <= delta * (1 + 1e-6) || epsilon > 700, "delta " + exact + " at " + epsilon);
    assertTrue(epsilon <= RDP.epsilon(List.of(new SampledGaussian(q, sigma, steps)), delta));
  }

  @Test
  void nothingDoneSpendsNothing() {
    assertEquals(0, PRV.epsilon(List.of(), 1e-9));
    assertEquals(0, PRV.delta(List.of(), 0));
    assertThrows(PrivacyException.class, () -> PRV.epsilon(List.of(), 0));
    assertThrows(PrivacyException.class, () -> PRV.delta(List.of(), -1));
  }

  @Test
  void stepsAreCountedTogetherHoweverTheyAreListed() {
    SampledGaussian one = new SampledGaussian(0.02, 1.1, 30);
    SampledGaussian other = new SampledGaussian(1, 20, 7);
    double listed = PRV.epsilon(List.of(one, other, one.withSteps(70)), 1e-6);
    assertEquals(PRV.epsilon(List.of(one.withSteps(100), other), 1e-6), listed, 1e-9);
  }

  /** The transform against its definition. */
  @Test
  void theTransformIsTheFourierSum() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int size = 64;
    double[] re = random.doubles(size).toArray();
    double[] im = random.doubles(size).toArray();
    double[] x = re.clone();
    double[] y = im.clone();
    FourierTransform transform = new FourierTransform(size);
    transform.forward(re, im);
    for (int m = 0; m < size; m++) {
      double real = 0;
      double imaginary = 0;
      for (int n = 0; n < size; n++) {
        double angle = -2 * Math.PI * m * n / size;
        real += x[n] * Math.cos(angle) - y[n] * Math.sin(angle);
        imaginary += x[n] * Math.sin(angle) + y[n] * Math.cos(angle);
      }
      assertEquals(real, re[m], 1e-11, "seed " + seed);
      assertEquals(imaginary, im[m], 1e-11, "seed " + seed);
    }
    transform.backward(re, im);
    for (int n = 0; n < size; n++) {
      assertEquals(x[n], re[n] / size, 1e-14, "seed " + seed);
      assertEquals(y[n], im[n] / size, 1e-14, "seed " + seed);
    }
  }
}
