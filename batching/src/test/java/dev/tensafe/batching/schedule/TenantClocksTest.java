package dev.tensafe.batching.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.schedule.StepWork.Bill;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TenantClocksTest {
  private static final double QUANTUM = 10;

  private final TenantClocks clocks = new TenantClocks();

  /** A step of some tenants: a shared part, and each one's own. */
  private static Map<String, Bill> step(double shared, Map<String, Double> own) {
    Map<String, Bill> bills = new HashMap<>();
    own.forEach((t, cost) -> bills.put(t, new Bill(shared / own.size() + cost, shared + cost)));
    return bills;
  }

  private static double time(Map<String, Bill> bills) {
    return bills.values().stream().mapToDouble(Bill::time).sum();
  }

  @Test
  void anExpensiveTenantAndACheapOneHaveEqualShares() {
    Set<String> both = Set.of("base", "he");
    Map<String, Double> had = new HashMap<>();
    for (int i = 0; i < 10_000; i++) {
      Map<String, Double> own = new HashMap<>(Map.of("base", 1.0, "he", 200.0));
      clocks.paused(both, QUANTUM).forEach(own::remove);
      Map<String, Bill> bills = step(8, own);
      bills.forEach((t, b) -> had.merge(t, b.time(), Double::sum));
      clocks.settle(both, bills);
    }
    double base = had.getOrDefault("base", 0.0);
    assertEquals(0.5, base / (base + had.getOrDefault("he", 0.0)), 0.02);
  }

  @Test
  void tenantsWhomABatchMakesFasterAreNotPaused() {
    Set<String> both = Set.of("few", "many");
    for (int i = 0; i < 10_000; i++) {
      assertEquals(Set.of(), clocks.paused(both, QUANTUM));
      // alone, 8 + 1 is more than half of 8 + 1 + 7
      clocks.settle(both, step(8, Map.of("few", 1.0, "many", 7.0)));
    }
  }

  @Test
  void aTenantAloneIsNeverPausedAndOneThatComesNeedNotCatchUp() {
    for (int i = 0; i < 100; i++) {
      assertEquals(Set.of(), clocks.paused(Set.of("a"), QUANTUM));
      clocks.settle(Set.of("a"), step(8, Map.of("a", 100.0)));
    }
    assertEquals(Set.of(), clocks.paused(Set.of("a", "b"), QUANTUM));
    clocks.settle(Set.of("a", "b"), step(8, Map.of("a", 1.0, "b", 1.0)));
    assertEquals(Set.of(), clocks.paused(Set.of("a", "b"), QUANTUM));
  }

  @Test
  void whatIsOwedStaysOverAShortAbsence() {
    Set<String> both = Set.of("base", "he");
    clocks.settle(both, step(8, Map.of("base", 1.0, "he", 1.0)));
    clocks.settle(both, step(8, Map.of("base", 1.0, "he", 200.0)));
    assertEquals(Set.of("he"), clocks.paused(both, QUANTUM));
    clocks.settle(Set.of("base"), step(8, Map.of("base", 1.0)));
    clocks.settle(both, step(8, Map.of("base", 1.0)));
    assertEquals(Set.of("he"), clocks.paused(both, QUANTUM));
  }

  /** The bounds of the class comment, with tenants that come, go and change what they do. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void nobodyIsPausedLongerThanTheBound(int variant) {
    long seed = System.nanoTime() + variant;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    int all = 2 + random.nextInt(8);
    Set<String> present = new TreeSet<>();
    Map<String, Double> weight = new HashMap<>();
    Map<String, Double> pausedFor = new HashMap<>();
    Map<String, Set<String>> met = new HashMap<>();
    double largest = 0;
    double longest = 0;
    for (int i = 0; i < 20_000; i++) {
      String some = "t" + random.nextInt(all);
      if (random.nextInt(10) == 0 && !present.remove(some)) {
        present.add(some);
      }
      if (present.isEmpty()) {
        continue;
      }
      if (random.nextInt(20) == 0) {
        weight.put(some, Math.exp(random.nextDouble() * 5));
      }
      Set<String> paused = clocks.paused(present, QUANTUM);
      assertTrue(paused.size() < present.size(), "nobody runs");
      Map<String, Double> own = new HashMap<>();
      present.stream()
          .filter(t -> !paused.contains(t))
          .forEach(t -> own.put(t, weight.getOrDefault(t, 1.0) * random.nextDouble()));
      Map<String, Bill> bills = step(random.nextDouble() * 8, own);
      double time = time(bills);
      largest = Math.max(largest, time);
      clocks.settle(Set.copyOf(present), bills);
      pausedFor.keySet().retainAll(paused);
      for (String t : paused) {
        double so = pausedFor.merge(t, time, Double::sum);
        if (so == time) {
          met.put(t, new HashSet<>());
        }
        met.getOrDefault(t, new HashSet<>()).addAll(present);
        longest = Math.max(longest, so);
        int others = met.getOrDefault(t, Set.of()).size() - 1;
        double bound = others * (QUANTUM + 2 * largest);
        assertTrue(so <= bound, "paused for " + so + ", bound " + bound + ", seed " + seed);
      }
    }
    System.out.println("longest pause " + longest + ", largest step " + largest);
  }
}
