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
  void aTenthMoreDoesNot() {
    // the mean of z² is 1.21, the limit 1.125
    assertFalse(pass(1.1, 1));
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
