package dev.tensafe.nativelib.ckks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class PackingPlannerTest {
  /** The figures of the design's prototype, with what it does not give filled in. */
  private static final CostModel COSTS =
      new CostModel(7e-6, 3e-6, 1.0 / 8e9, 1.0 / 8e9, 4e-6, 15e-6, 4e-6, 3.28e-6);

  private final PackingPlanner planner = new PackingPlanner(CkksParameters.FAST, COSTS);

  @Test
  void thePlanIsTheCheapestOfAllPackings() {
    for (int m : List.of(1, 3, 8, 64, 500)) {
      PackingPlan plan = planner.plan(m, 4096, 16);
      for (int t = 1; t <= 2048; t *= 2) {
        for (int s = 1; s <= 4 && t * s <= 2048; s *= 2) {
          double seconds =
              COSTS.seconds(CkksParameters.FAST, new InputShape(m, 4096, new Packing(t, s)), 16);
          assertTrue(plan.seconds() <= seconds, m + " tokens: " + plan + " T=" + t + " S=" + s);
        }
      }
    }
  }

  @Test
  void fewTokensShareAnswersAndManyShareCiphertexts() {
    Packing one = planner.plan(1, 4096, 16).packing();
    assertEquals(1, one.tokens());
    assertTrue(one.outputs() > 1, one.toString());
    Packing many = planner.plan(512, 4096, 16).packing();
    assertTrue(many.tokens() >= 16, many.toString());
    assertEquals(1, many.outputs(), many.toString());
  }

  @Test
  void costsPerTokenFallWithTheBatch() {
    double before = Double.POSITIVE_INFINITY;
    for (int m = 1; m <= 1024; m *= 2) {
      double perToken = planner.plan(m, 512, 16).seconds() / m;
      assertTrue(perToken <= before, "m=" + m);
      before = perToken;
    }
  }

  @Test
  void threeHeldPackingsAreNeverFarFromTheBest() {
    for (int[] matrix : new int[][] {{512, 16}, {4096, 16}, {4096, 192}, {18944, 16}}) {
      List<Packing> held = planner.resident(matrix[0], matrix[1], 2048, 3);
      assertTrue(held.size() <= 3);
      for (int m = 1; m <= 2048; m = m * 3 / 2 + 1) {
        double best = planner.plan(m, matrix[0], matrix[1]).seconds();
        double chosen = planner.plan(m, matrix[0], matrix[1], held).seconds();
        assertTrue(chosen <= 2 * best, "m=" + m + " " + held + ": " + chosen / best);
      }
      assertEquals(1, planner.resident(matrix[0], matrix[1], 2048, 1).size());
    }
  }

  @Test
  void chunksFitTheMemoryAndHoldWholeGroups() {
    PackingPlan plan = planner.plan(2048, 18944, 16);
    assertTrue(plan.chunkTokens() >= 1 && plan.chunkTokens() <= 2048);
    long bytes =
        new InputShape(plan.chunkTokens(), 18944, plan.packing()).ciphertexts(2048) * 2 * 2048 * 8;
    assertTrue(
        bytes <= 64L << 20 || plan.chunkTokens() == plan.packing().tokens(), plan.toString());
    assertEquals(0, plan.chunkTokens() % plan.packing().tokens());
    assertEquals(5, planner.plan(5, 64, 4).chunkTokens());
  }

  @Test
  void outputsAreSharedOnlyWhilePrecisionAllows() {
    NoiseModel noise = new NoiseModel(CkksParameters.FAST);
    for (int d : List.of(64, 4096, 18944)) {
      int s = planner.plan(1, d, 192).packing().outputs();
      assertTrue(
          s == 1
              || noise.relative(d, s, PackingPlanner.WEIGHT_RMS, PackingPlanner.INPUT_RMS)
                  <= PackingPlanner.NOISE_LIMIT,
          "d=" + d + " S=" + s);
    }
  }

  @Test
  void aMeasuredModelIsPlausibleHere() {
    try (CkksContext context = CkksContext.open(CkksParameters.FAST)) {
      CostModel costs = CostModel.measure(context, 5);
      System.out.println(costs);
      for (double seconds :
          new double[] {
            costs.encrypt(), costs.receive(), costs.answer(), costs.refill(), costs.decrypt()
          }) {
        assertTrue(seconds > 1e-8 && seconds < 0.1, costs.toString());
      }
      assertTrue(costs.accumulateShared() > 1e-12 && costs.accumulateShared() < 1e-5);
      PackingPlan plan = new PackingPlanner(CkksParameters.FAST, costs).plan(8, 4096, 16);
      assertTrue(plan.seconds() > 0);
    }
  }

  @Test
  void impossibleQuestionsAreRefused() {
    assertThrows(CkksException.class, () -> planner.resident(512, 16, 8, 0));
    assertThrows(CkksException.class, () -> planner.resident(512, 16, 8, 4));
    assertThrows(CkksException.class, () -> planner.plan(1, 512, 16, List.of()));
  }
}
