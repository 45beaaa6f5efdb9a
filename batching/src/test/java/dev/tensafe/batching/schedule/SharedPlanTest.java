package dev.tensafe.batching.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tensafe.batching.cache.BlockKey;
import dev.tensafe.batching.cache.CachedPrefix;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Plans over a cache in which sequences share blocks. */
class SharedPlanTest {
  private static final SchedulerConfig CONFIG = new SchedulerConfig(64, 64, 8, 16, 50, 100);
  private static final BlockKey NEXT = new BlockKey(1, 2, 3, 4);

  /** Who holds which blocks, and which of them each waiting sequence would find. */
  private static final class Shared implements CacheView {
    final Map<Long, Set<Integer>> held = new HashMap<>();
    final Map<Long, List<Integer>> found = new HashMap<>();
    final Map<Long, Long> makers = new HashMap<>();
    int available;

    private boolean heldWithout(int block, List<Long> gone) {
      return held.entrySet().stream()
          .anyMatch(e -> !gone.contains(e.getKey()) && e.getValue().contains(block));
    }

    @Override
    public int available() {
      return available;
    }

    @Override
    public int freedBy(List<Long> sequences) {
      return (int)
          held.entrySet().stream()
              .filter(e -> sequences.contains(e.getKey()))
              .flatMap(e -> e.getValue().stream())
              .distinct()
              .filter(block -> !heldWithout(block, sequences))
              .count();
    }

    @Override
    public CachedPrefix prefix(long sequence, List<Long> without) {
      List<Integer> blocks = found.getOrDefault(sequence, List.of());
      int there = (int) blocks.stream().filter(block -> heldWithout(block, without)).count();
      Long maker = makers.get(sequence);
      return new CachedPrefix(
          blocks.size(),
          there,
          maker == null ? null : NEXT,
          maker == null ? CachedPrefix.NOBODY : maker);
    }
  }

  private final Shared cache = new Shared();

  private static SequenceState waiting(long id, int tokens, String flow) {
    return new SequenceState(id, tokens, 0, tokens - 1, 0, 0, 0, id, false, flow, true, 0);
  }

  private static SequenceState running(long id, int tokens, int computed, int blocks, String flow) {
    return new SequenceState(
        id, tokens, computed, tokens - 1, blocks, 0, 0, id, true, flow, false, 0);
  }

  private StepPlan plan(Map<String, Long> served, SequenceState... sequences) {
    return Scheduler.plan(CONFIG, List.of(sequences), cache, flow -> served.getOrDefault(flow, 0L));
  }

  @Test
  void whatIsThereIsNeitherRunNorTaken() {
    cache.available = 4;
    cache.held.put(1L, Set.of(0, 1, 2));
    cache.found.put(2L, List.of(0, 1, 2));
    StepPlan plan = plan(Map.of(), waiting(2, 60, "f"));
    assertEquals(List.of(new StepPlan.Run(2, 60 - 48, 3, 1, 1)), plan.runs());
  }

  @Test
  void aBlockThatNobodyHoldsIsLiftedFromTheFreeOnes() {
    cache.found.put(2L, List.of(0, 1, 2));
    cache.available = 3;
    assertEquals(List.of(), plan(Map.of(), waiting(2, 60, "f")).runs(), "three lifted, none left");
    cache.available = 4;
    assertEquals(1, plan(Map.of(), waiting(2, 60, "f")).runs().size());
  }

  @Test
  void oneWhoseBlockIsBeingComputedWaitsAndOthersPassIt() {
    cache.available = 50;
    cache.makers.put(2L, 1L);
    StepPlan plan =
        plan(Map.of(), running(1, 100, 32, 7, "f"), waiting(2, 60, "f"), waiting(3, 10, "f"));
    // the one that computes takes the whole step
    assertEquals(List.of(1L), plan.runs().stream().map(StepPlan.Run::id).toList());
    plan = plan(Map.of(), running(1, 100, 80, 7, "f"), waiting(2, 60, "f"), waiting(3, 10, "f"));
    assertEquals(List.of(1L, 3L), plan.runs().stream().map(StepPlan.Run::id).toList());
    // it does not run: nobody waits for it
    plan = plan(Map.of(), waiting(2, 60, "f"), waiting(3, 10, "f"));
    assertEquals(List.of(2L, 3L), plan.runs().stream().map(StepPlan.Run::id).toList());
  }

  @Test
  void nobodyGivesWayToOneThatWaitsForABlock() {
    cache.available = 1;
    cache.held.put(1L, Set.of(0, 1, 2, 3, 4, 5, 6));
    cache.makers.put(2L, 1L);
    Map<String, Long> served = Map.of("ahead", 1000L);
    StepPlan plan = plan(served, running(1, 100, 80, 7, "ahead"), waiting(2, 60, "behind"));
    assertEquals(List.of(), plan.preempted());
    cache.makers.clear();
    plan = plan(served, running(1, 100, 80, 7, "ahead"), waiting(2, 60, "behind"));
    assertEquals(List.of(1L), plan.preempted());
    assertEquals(2L, plan.runs().get(0).id());
  }

  @Test
  void blocksOfThoseWhoGiveWayMayBeWhatIsShared() {
    cache.available = 0;
    cache.held.put(1L, Set.of(0, 1, 2, 3));
    cache.found.put(2L, List.of(0, 1, 2));
    Map<String, Long> served = Map.of("ahead", 1000L);
    StepPlan plan = plan(served, running(1, 64, 63, 4, "ahead"), waiting(2, 60, "behind"));
    assertEquals(List.of(1L), plan.preempted());
    assertEquals(List.of(new StepPlan.Run(2, 12, 3, 1, 1)), plan.runs());
    // one more would not fit: then nobody gives way in vain
    plan = plan(served, running(1, 64, 63, 4, "ahead"), waiting(2, 70, "behind"));
    assertEquals(List.of(), plan.preempted());
  }

  @Test
  void blocksThatOthersHoldCostNothing() {
    cache.available = 0;
    cache.held.put(1L, Set.of(0, 1, 2, 3));
    cache.held.put(3L, Set.of(0, 1, 2, 4));
    cache.found.put(2L, List.of(0, 1, 2));
    Map<String, Long> served = Map.of("ahead", 1000L);
    StepPlan plan =
        plan(
            served,
            running(1, 64, 63, 4, "ahead"),
            running(3, 64, 63, 4, "behind"),
            waiting(2, 60, "behind"));
    assertEquals(List.of(1L), plan.preempted());
    assertEquals(new StepPlan.Run(2, 12, 3, 1, 1), plan.runs().get(0));
  }
}
