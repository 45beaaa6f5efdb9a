package dev.tensafe.privacy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;

/**
 * Statistical tests reject sound noise once in about a million runs: their limits are quantiles of
 * 1e-6. The keys are seeds that a failure prints.
 */
class PrivateNoiseTest {
  private static final int MANY = 400_000;

  /** The square root of log(2 / 1e-6) / 2: Kolmogorov's distribution, far out. */
  private static final double KOLMOGOROV = 2.6935;

  /** A normal's quantile at 1e-6, of both sides. */
  private static final double NORMAL = 4.8916;

  private final long seed = System.nanoTime();

  private GaussianStream gaussians() {
    return PrivateNoise.seeded(seed).gaussians(0);
  }

  private static double phi(double x) {
    return x > 0 ? 1 - NormalTail.above(x) : NormalTail.above(-x);
  }

  private static double kolmogorov(double[] sample) {
    Arrays.sort(sample);
    double most = 0;
    for (int i = 0; i < sample.length; i++) {
      double p = phi(sample[i]);
      double n = sample.length;
      most = Math.max(most, Math.max(p - i / n, (i + 1) / n - p));
    }
    return most * Math.sqrt(sample.length);
  }

  private static double[] sample(DoubleSupplier source) {
    double[] sample = new double[MANY];
    Arrays.setAll(sample, i -> source.getAsDouble());
    return sample;
  }

  @Test
  void theDistributionIsNormal() {
    GaussianStream stream = gaussians();
    double distance = kolmogorov(sample(stream::next));
    assertTrue(distance < KOLMOGOROV, "seed " + seed + ": " + distance);
  }

  @Test
  void sumsOfPairsAreNormalToo() {
    GaussianStream stream = gaussians();
    double distance = kolmogorov(sample(() -> (stream.next() + stream.next()) / Math.sqrt(2)));
    assertTrue(distance < KOLMOGOROV, "seed " + seed + ": " + distance);
  }

  /** The quantile of chi-square by Wilson and Hilferty (1931). */
  private static double chiSquareLimit(int freedom) {
    double v = 2.0 / (9 * freedom);
    return freedom * Math.pow(1 - v + NORMAL * Math.sqrt(v), 3);
  }

  @Test
  void cellsToFiveStandardDeviationsHaveTheirShares() {
    double[] edges = new double[41];
    Arrays.setAll(edges, i -> (i - 20) * 0.25);
    double[] counts = new double[edges.length + 1];
    int n = 2_000_000;
    GaussianStream stream = gaussians();
    for (int i = 0; i < n; i++) {
      double z = stream.next();
      int cell = 0;
      while (cell < edges.length && z > edges[cell]) {
        cell++;
      }
      counts[cell]++;
    }
    double sum = 0;
    int freedom = -1;
    double few = 0;
    double fewExpected = 0;
    for (int i = 0; i < counts.length; i++) {
      double low = i == 0 ? 0 : phi(edges[i - 1]);
      double high = i == edges.length ? 1 : phi(edges[i]);
      double expected = n * (high - low);
      if (expected < 20) {
        few += counts[i];
        fewExpected += expected;
      } else {
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
        freedom++;
      }
    }
    sum += (few - fewExpected) * (few - fewExpected) / fewExpected;
    assertTrue(sum < chiSquareLimit(freedom + 1), "seed " + seed + ": " + sum);
  }

  @Test
  void addedNoiseHasTheVarianceItShould() {
    Random random = new Random(seed);
    for (double deviation : new double[] {1e-6, 0.37, 1, 5000}) {
      int n = 200_000;
      float[] values = new float[n];
      double[] before = new double[n];
      for (int i = 0; i < n; i++) {
        values[i] = (float) (deviation * random.nextGaussian());
        before[i] = values[i];
      }
      gaussians().addTo(values, deviation);
      double sum = 0;
      double squares = 0;
      double product = 0;
      for (int i = 0; i < n; i++) {
        double z = (values[i] - before[i]) / deviation;
        sum += z;
        squares += z * z;
        product += z * before[i] / deviation;
      }
      String what = "seed " + seed + ", standard deviation " + deviation;
      assertTrue(Math.abs(sum) < NORMAL * Math.sqrt(n), what);
      assertTrue(squares < chiSquareLimit(n), what);
      assertTrue(squares > 2 * n - chiSquareLimit(n), what);
      assertTrue(Math.abs(product) < NORMAL * Math.sqrt(n), what);
    }
  }

  @Test
  void resultsLieOnAGridThatTheirSizeDoesNotChange() {
    Random random = new Random(seed);
    for (int i = 0; i < 50; i++) {
      double deviation = Math.pow(10, 12 * random.nextDouble() - 6);
      float[] values = new float[1000];
      for (int j = 0; j < values.length; j++) {
        values[j] = (float) (deviation * Math.pow(10, 6 * random.nextDouble() - 4));
      }
      gaussians().addTo(values, deviation);
      double grid = GaussianStream.grid(deviation);
      assertTrue(grid <= deviation * 0x1p-16 && grid > deviation * 0x1p-17);
      for (float value : values) {
        assertEquals(Math.rint(value / grid), value / grid, "seed " + seed + ": " + value);
      }
    }
  }

  /** A step made again is the same step; another step, key or purpose is not. */
  @Test
  void aKeyGivesTheSameNoiseAgain() {
    PrivateNoise noise = PrivateNoise.fresh();
    PrivateNoise again = PrivateNoise.ofKey(noise.key());
    float[] first = new float[5000];
    float[] second = new float[5000];
    noise.gaussians(7).addTo(first, 2);
    again.gaussians(7).addTo(second, 2);
    assertArrayEquals(first, second);
    assertArrayEquals(noise.sampling(7).draw(1000, 0.1), again.sampling(7).draw(1000, 0.1));
    for (PrivateNoise other : new PrivateNoise[] {PrivateNoise.fresh(), noise}) {
      float[] values = new float[5000];
      other.gaussians(8).addTo(values, 2);
      assertFalse(Arrays.equals(first, values));
    }
    assertFalse(noise.isSeeded() || again.isSeeded());
    assertTrue(PrivateNoise.seeded(1).isSeeded());
    assertEquals("noise that is not private: seeded", PrivateNoise.seeded(1).toString());
    assertFalse(Arrays.equals(PrivateNoise.fresh().key(), PrivateNoise.fresh().key()));
  }

  @Test
  void seededNoiseIsTheSameEverywhere() {
    GaussianStream stream = PrivateNoise.seeded(42).gaussians(3);
    double[] first = {stream.next(), stream.next(), stream.next()};
    assertArrayEquals(
        new double[] {1.292509280460979, 0.23318568781510332, 0.31982533096552485}, first, 1e-12);
  }

  @Test
  void everyExampleTakesPartWithItsProbability() {
    for (double rate : new double[] {0.003, 0.1, 0.5, 0.97}) {
      int n = 500;
      int draws = 4000;
      int[] counts = new int[n];
      double pairs = 0;
      double sizes = 0;
      double squares = 0;
      for (int step = 0; step < draws; step++) {
        int[] drawn = PrivateNoise.seeded(seed).sampling(step).draw(n, rate);
        for (int i = 0; i < drawn.length; i++) {
          counts[drawn[i]]++;
          pairs += i > 0 && drawn[i] == drawn[i - 1] + 1 ? 1 : 0;
          assertTrue(i == 0 || drawn[i] > drawn[i - 1]);
        }
        sizes += drawn.length;
        squares += (double) drawn.length * drawn.length;
      }
      String what = "seed " + seed + ", rate " + rate;
      double chi = 0;
      for (int count : counts) {
        chi += Math.pow(count - draws * rate, 2) / (draws * rate * (1 - rate));
      }
      assertTrue(chi < chiSquareLimit(n), what + ": " + chi);
      double mean = sizes / draws;
      double spread = Math.sqrt(n * rate * (1 - rate));
      assertTrue(Math.abs(mean - n * rate) < NORMAL * spread / Math.sqrt(draws), what);
      // the number who take part is binomial: its variance by chi-square
      double variance = (squares - draws * mean * mean) / (spread * spread);
      assertTrue(variance < 1.02 * chiSquareLimit(draws), what + ": " + variance);
      assertTrue(variance > 0.98 * (2 * draws - chiSquareLimit(draws)), what + ": " + variance);
      // neighbours are drawn independently
      double expected = (double) draws * (n - 1) * rate * rate;
      double pairSpread = Math.sqrt(expected * (1 - rate * rate + 2 * rate * (1 - rate)));
      assertTrue(Math.abs(pairs - expected) < 6 + NORMAL * pairSpread, what + ": " + pairs);
    }
  }

  @Test
  void rateOneTakesAll() {
    int[] drawn = PrivateNoise.fresh().sampling(0).draw(1000, 1);
    assertEquals(1000, drawn.length);
    assertEquals(999, drawn[999]);
  }

  @Test
  void numbersOutOfRangeAreRefused() {
    PrivateNoise noise = PrivateNoise.fresh();
    Runnable[] calls = {
      () -> PrivateNoise.ofKey(new byte[16]),
      () -> noise.gaussians(-1),
      () -> noise.gaussians(1L << 48),
      () -> noise.sampling(0).draw(0, 0.1),
      () -> noise.sampling(0).draw(10, 0),
      () -> noise.sampling(0).draw(10, 1.1),
      () -> noise.sampling(0).draw(10, Double.NaN),
      () -> noise.gaussians(0).addTo(new float[1], 0),
      () -> noise.gaussians(0).addTo(new float[1], Double.NaN),
      () -> noise.gaussians(0).addTo(new float[1], Double.POSITIVE_INFINITY)
    };
    for (Runnable call : calls) {
      assertEquals("privacy.invalid", assertThrows(PrivacyException.class, call::run).code());
    }
  }
}
