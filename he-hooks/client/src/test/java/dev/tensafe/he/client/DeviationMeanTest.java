package dev.tensafe.he.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** What no single check finds, a window of them does. */
class DeviationMeanTest {
  private static final int WINDOW = 2 * 4_096;

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  /** Whether windows of values with this deviation pass. */
  private boolean pass(double deviation, int windows) {
    System.out.println("seed " + seed);
    DeviationMean mean = new DeviationMean();
    double[] z = new double[64];
    for (int i = 0; i < windows * WINDOW; i += z.length) {
      for (int j = 0; j < z.length; j++) {
        z[j] = deviation * random.nextGaussian();
      }
      if (!mean.accept(z, z.length)) {
        return false;
      }
    }
    return true;
  }

  @Test
  void honestNoisePasses() {
    assertTrue(pass(1, 50));
  }

  @Test
  void aSeventhMoreDoesNot() {
    // the mean of z² is 1.32, the limit 1.177
    assertFalse(pass(1.15, 1));
  }

  /** With r' = 1 both checks of a token give one value; its mean has twice the variance. */
  @Test
  void theLimitCountsTokensNotValues() {
    // 6 deviations of the mean of 4,096 tokens, 8.5 if 8,192 values were taken for independent
    double z = Math.sqrt(1 + 6 * Math.sqrt(2.0 / 4_096));
    double[] both = {z, z};
    DeviationMean mean = new DeviationMean();
    for (int token = 0; token < 4_096; token++) {
      assertTrue(mean.accept(both, 2), "token " + token);
    }
    double[] more = {1.09, 1.09};
    for (int token = 1; token < 4_096; token++) {
      mean.accept(more, 2);
    }
    assertFalse(mean.accept(more, 2), "8.3 deviations of 4,096 tokens");
  }

  @Test
  void itIsJudgedByTheWindowAndNotBefore() {
    DeviationMean mean = new DeviationMean();
    double[] z = {7};
    for (int i = 1; i < WINDOW; i++) {
      assertTrue(mean.accept(z, 1), "value " + i);
    }
    assertFalse(mean.accept(z, 1));
    assertTrue(mean.accept(new double[WINDOW], WINDOW), "the next window is another one");
  }

  @Test
  void aValueThatIsNoNumberDoesNotPass() {
    DeviationMean mean = new DeviationMean();
    double[] z = new double[WINDOW];
    z[17] = Double.NaN;
    assertEquals(false, mean.accept(z, WINDOW));
  }
}
