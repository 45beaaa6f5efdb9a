package dev.tensafe.batching.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LearntCostsTest {
  /** Nanoseconds of each kind on a machine of which the model knows nothing. */
  private static final double[] TRUE = {
    8e6, 0.15e6, 0.4e6, 0.05e6, 0.03e6, 0.2e6, 12e6, 0.5e6, 0.2e6
  };

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);
  private final LearntCosts model = new LearntCosts();

  LearntCostsTest() {
    System.out.println("seed " + seed);
  }

  private static double nanos(double[] costs, double[] amounts) {
    double sum = 0;
    for (int i = 0; i < costs.length; i++) {
      sum += costs[i] * amounts[i];
    }
    return sum;
  }

  /** A step with prompts at times, and adapters of either sort in half of them. */
  private double[] step() {
    double[] amounts = CostKind.none();
    int decodes = 1 + random.nextInt(24);
    int prompt = random.nextInt(3) == 0 ? random.nextInt(256) : 0;
    int plain = random.nextBoolean() ? random.nextInt(decodes) : 0;
    int encrypted = random.nextBoolean() ? random.nextInt(decodes - plain) : 0;
    amounts[CostKind.STEP.index] = 1;
    amounts[CostKind.PROMPT_ROW.index] = prompt;
    amounts[CostKind.OUTPUT_ROW.index] = decodes;
    amounts[CostKind.CONTEXT.index] = (decodes + prompt) * random.nextDouble() * 4;
    amounts[CostKind.PLAIN_ROW.index] = plain * 1.8;
    amounts[CostKind.PLAIN_ADAPTER.index] = plain == 0 ? 0 : 1.8 * (1 + random.nextInt(plain));
    amounts[CostKind.ENCRYPTED_STEP.index] = encrypted == 0 ? 0 : 1;
    amounts[CostKind.ENCRYPTED_ADAPTER.index] =
        encrypted == 0 ? 0 : 30.0 * (1 + random.nextInt(encrypted));
    amounts[CostKind.ENCRYPTED_ROW.index] = 30.0 * encrypted;
    return amounts;
  }

  private void learn(double[] costs, int steps, double noise, double outliers) {
    for (int i = 0; i < steps; i++) {
      double[] amounts = step();
      double took = nanos(costs, amounts) * (1 + noise * random.nextGaussian());
      boolean slept = random.nextDouble() < outliers;
      model.observe(amounts, (long) (slept ? took + 3e9 : Math.max(1, took)));
    }
  }

  private void assertPredicts(double[] costs, double within) {
    double sum = 0;
    for (int i = 0; i < 1000; i++) {
      double[] amounts = step();
      sum += Math.abs(model.nanos(amounts) / nanos(costs, amounts) - 1);
    }
    assertTrue(sum / 1000 <= within, "mean relative error " + sum / 1000 + ", seed " + seed);
  }

  @Test
  void findsTheTrueCostOfEveryKind() {
    learn(TRUE, 4000, 0.01, 0);
    for (CostKind kind : CostKind.values()) {
      double is = TRUE[kind.index];
      assertEquals(is, model.cost(kind), 0.25 * is, kind + ", seed " + seed);
    }
    assertPredicts(TRUE, 0.01);
  }

  @Test
  void noiseAndAMachineThatSleepsMoveItLittle() {
    learn(TRUE, 3000, 0.1, 0);
    assertPredicts(TRUE, 0.04);
    learn(TRUE, 1000, 0.1, 0.01);
    assertPredicts(TRUE, 0.08);
  }

  @Test
  void aMachineThatBecomesSlowerIsBelieved() {
    learn(TRUE, 1000, 0.05, 0);
    double[] slower = new double[TRUE.length];
    for (int i = 0; i < slower.length; i++) {
      slower[i] = TRUE[i] * (i >= CostKind.ENCRYPTED_STEP.index ? 8 : 1.5);
    }
    learn(slower, 1000, 0.05, 0);
    assertPredicts(slower, 0.05);
  }

  @Test
  void isSensibleBeforeItKnowsAndAfterTheFirstSteps() {
    for (CostKind kind : CostKind.values()) {
      assertTrue(model.cost(kind) > 0);
    }
    // the first steps of a server are slow, and the first is slowest
    double[] amounts = step();
    model.observe(amounts, (long) (50 * nanos(TRUE, amounts)));
    learn(TRUE, 5, 0.1, 0);
    double error = 0;
    for (int i = 0; i < 100; i++) {
      double[] next = step();
      error += Math.abs(Math.log(model.nanos(next) / nanos(TRUE, next)));
    }
    assertTrue(error / 100 < Math.log(2.5), "off by e^" + error / 100 + ", seed " + seed);
  }

  @Test
  void whatHasNotBeenSeenForLongIsRemembered() {
    learn(TRUE, 2000, 0.02, 0);
    double encrypted = model.cost(CostKind.ENCRYPTED_ROW);
    for (int i = 0; i < 20_000; i++) {
      double[] amounts = CostKind.none();
      amounts[CostKind.STEP.index] = 1;
      amounts[CostKind.OUTPUT_ROW.index] = 1 + random.nextInt(20);
      model.observe(amounts, (long) nanos(TRUE, amounts));
    }
    assertEquals(encrypted, model.cost(CostKind.ENCRYPTED_ROW), 0.01 * encrypted);
  }

  @Test
  void aVirtualTokenIsATokenOfAPromptThatRunsAlone() {
    learn(TRUE, 3000, 0.01, 0);
    double[] prompt = {1, 255, 1, 32, 0, 0, 0, 0, 0};
    assertEquals(nanos(TRUE, prompt) / 256, model.tokenNanos(), 0.05 * model.tokenNanos());
  }
}
