package dev.tensafe.batching.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.model.exec.AdapterLoad;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FairSharesTest {
  private static final AdapterLoad ENCRYPTED = new AdapterLoad(AdapterLoad.Kind.ENCRYPTED, 30);

  private final LearntCosts model = new LearntCosts();
  private final FairShares shares = new FairShares(model, 2048);

  private static StepWork.Run run(String flow, long adapter, AdapterLoad load, int rows) {
    return new StepWork.Run(flow, adapter, load, 0, rows, rows, 1);
  }

  /** Settles a step that takes what the model expects. */
  private Map<String, Double> step(Set<String> present, StepWork.Run... runs) {
    StepWork work = new StepWork();
    for (StepWork.Run run : runs) {
      work.add(run);
    }
    return shares.settle(work, Math.round(model.nanos(work.amounts())), List.of(), present);
  }

  @Test
  void aStepIsDividedByWhatEachComputedAndEvenlyWhereItIsOneForAll() {
    shares.arrive("a\n", AdapterLoad.BASE);
    shares.arrive("b\nx", ENCRYPTED);
    shares.arrive("b\ny", ENCRYPTED);
    double step = model.cost(CostKind.STEP);
    double row = model.cost(CostKind.OUTPUT_ROW);
    StepWork.Run base = run("a\n", 0, AdapterLoad.BASE, 1);
    StepWork.Run x = run("b\nx", 1, ENCRYPTED, 1);
    StepWork.Run y = run("b\ny", 2, ENCRYPTED, 1);
    StepWork work = new StepWork();
    List.of(base, x, y).forEach(work::add);
    double all = model.nanos(work.amounts());
    Map<String, Double> times = step(Set.of("a", "b"), base, x, y);
    double a = times.getOrDefault("a", 0.0);
    double b = times.getOrDefault("b", 0.0);
    assertEquals(all, a + b, 2);
    assertEquals(step / 2 + row, a, 0.01 * a);
    assertEquals(shares.served("b\nx"), shares.served("b\ny"), 1e-6);
    assertEquals(shares.tenantServed("b"), shares.served("b\nx") + shares.served("b\ny"), 1e-6);
    assertTrue(shares.tenantServed("b") > 2 * shares.tenantServed("a"));
  }

  @Test
  void aPromiseCountsUntilItIsTakenBackAndNothingTwice() {
    shares.arrive("a\n", AdapterLoad.BASE);
    shares.promise("a\n", 100 * model.tokenNanos());
    assertEquals(100, shares.served("a\n"), 1e-6);
    assertEquals(100, shares.tenantServed("a"), 1e-6);
    double time = step(Set.of("a"), run("a\n", 0, AdapterLoad.BASE, 4)).getOrDefault("a", 0.0);
    shares.promise("a\n", -100 * model.tokenNanos());
    // the token's price is learnt anew with every step
    assertEquals(time / model.tokenNanos(), shares.served("a\n"), 1);
  }

  @Test
  void whatIsComputedAgainIsTheTenantsTimeAndNoCharge() {
    shares.arrive("a\n", AdapterLoad.BASE);
    StepWork.Run again = new StepWork.Run("a\n", 0, AdapterLoad.BASE, 0, 50, 0, 0);
    assertTrue(step(Set.of("a"), again).getOrDefault("a", 0.0) > 0);
    assertEquals(0, shares.served("a\n"), 1e-9);
  }

  @Test
  void draftsCostWhatTheyTake() {
    shares.arrive("a\n", AdapterLoad.BASE);
    shares.arrive("b\n", AdapterLoad.BASE);
    step(
        Set.of("a", "b"),
        run("a\n", 0, AdapterLoad.BASE, 1),
        new StepWork.Run("b\n", 0, AdapterLoad.BASE, 100, 5, 5, 1));
    assertTrue(shares.served("b\n") > shares.served("a\n"));
  }

  @Test
  void whoGetsAllItAsksForSavesUpALimitedCredit() {
    shares.arrive("a\n", AdapterLoad.BASE);
    shares.arrive("b\n", AdapterLoad.BASE);
    SequenceState few = new SequenceState(1, 10, 9, 9, 1, 0, 0, 1, true, "a\n", false, 0);
    SequenceState many = new SequenceState(2, 10, 0, 9, 0, 0, 0, 2, false, "b\n", false, 0);
    for (int i = 0; i < 2000; i++) {
      StepWork work = new StepWork();
      work.add(run("b\n", 0, AdapterLoad.BASE, 20));
      shares.settle(
          work, Math.round(model.nanos(work.amounts())), List.of(few, many), Set.of("a", "b"));
    }
    assertEquals(2048, shares.tenantServed("b") - shares.tenantServed("a"), 1);
  }
}
