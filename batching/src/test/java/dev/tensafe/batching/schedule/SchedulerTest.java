package dev.tensafe.batching.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchedulerTest {
  private static final SchedulerConfig CONFIG = new SchedulerConfig(64, 8, 16, 50);

  private static SequenceState waiting(long id, int tokens, int priority) {
    return new SequenceState(id, tokens, 0, 0, priority, 0, id, false);
  }

  private static SequenceState running(long id, int tokens, int computed, int blocks) {
    return new SequenceState(id, tokens, computed, blocks, 0, 0, id, true);
  }

  @Test
  void decodesComeFirstAndPromptsAreCutToWhatIsLeft() {
    StepPlan plan =
        Scheduler.plan(
            CONFIG,
            List.of(waiting(3, 200, 0), running(1, 20, 19, 2), running(2, 150, 30, 10)),
            100);
    assertEquals(List.of(new StepPlan.Run(1, 1, 0), new StepPlan.Run(2, 63, 0)), plan.runs());
    plan = Scheduler.plan(CONFIG, List.of(waiting(3, 200, 0), running(1, 20, 19, 2)), 100);
    assertEquals(List.of(new StepPlan.Run(1, 1, 0), new StepPlan.Run(3, 63, 13)), plan.runs());
  }

  @Test
  void theLatestArrivalGivesWayWhenBlocksRunOut() {
    StepPlan plan =
        Scheduler.plan(
            CONFIG, List.of(running(1, 17, 16, 1), running(2, 17, 16, 1), waiting(3, 5, 0)), 0);
    assertEquals(List.of(2L), plan.preempted());
    assertEquals(List.of(new StepPlan.Run(1, 1, 1)), plan.runs());
  }

  @Test
  void priorityOrdersAdmissionAndNothingOvertakesWhatDoesNotFit() {
    StepPlan plan =
        Scheduler.plan(CONFIG, List.of(waiting(1, 16, 5), waiting(2, 33, 0), waiting(3, 16, 0)), 3);
    assertEquals(List.of(new StepPlan.Run(2, 33, 3)), plan.runs());
    plan = Scheduler.plan(CONFIG, List.of(waiting(1, 16, 5), waiting(2, 33, 0)), 2);
    assertEquals(List.of(), plan.runs());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void randomTracesKeepTheInvariantsAndEveryRequestEnds(int variant) {
    long seed = System.nanoTime() + variant;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    int maxRunning = 1 + random.nextInt(12);
    SchedulerConfig config =
        new SchedulerConfig(maxRunning + random.nextInt(100), maxRunning, 16, 20);
    int totalBlocks = 12 + random.nextInt(40);
    Trace trace = new Trace(config, new BlockPool(totalBlocks), random);
    for (int i = 0; i < 200; i++) {
      int length = 1 + random.nextInt(totalBlocks * 16 - 1);
      int prompt = 1 + random.nextInt(length);
      trace.arrivals.add(new Live(i, prompt, length, random.nextInt(5) - 2));
    }
    int steps = 0;
    while (!trace.done()) {
      trace.step();
      assertTrue(++steps < 400_000, "requests never end");
    }
    assertEquals(totalBlocks, trace.pool.free(), "a block leaked");
  }

  @Test
  void aLowPriorityRequestIsServedUnderAnEndlessStreamOfHigherOnes() {
    SchedulerConfig config = new SchedulerConfig(16, 1, 16, 10);
    Trace trace = new Trace(config, new BlockPool(4), new Random(1));
    trace.arrivals.add(new Live(0, 4, 8, 3));
    for (int i = 1; i < 2000; i++) {
      trace.arrivals.add(new Live(i, 4, 8, 0));
    }
    int steps = 0;
    while (!trace.finished.contains(0L)) {
      trace.step();
      assertTrue(++steps < 500, "starved");
    }
    assertFalse(trace.done());
  }

  private static final class Live {
    final long id;
    final int priority;
    final int target;
    int tokens;
    int computed;
    int waited;
    boolean running;
    final List<Integer> blocks = new ArrayList<>();

    Live(long id, int prompt, int target, int priority) {
      this.id = id;
      this.tokens = prompt;
      this.target = target;
      this.priority = priority;
    }

    SequenceState state() {
      return new SequenceState(id, tokens, computed, blocks.size(), priority, waited, id, running);
    }
  }

  /** Carries plans out as the engine does, checking each. */
  private static final class Trace {
    final SchedulerConfig config;
    final BlockPool pool;
    final Random random;
    final List<Live> arrivals = new ArrayList<>();
    final Map<Long, Live> live = new TreeMap<>();
    final Set<Long> finished = new HashSet<>();

    Trace(SchedulerConfig config, BlockPool pool, Random random) {
      this.config = config;
      this.pool = pool;
      this.random = random;
    }

    boolean done() {
      return arrivals.isEmpty() && live.isEmpty();
    }

    void step() {
      for (int n = random.nextInt(3); n > 0 && !arrivals.isEmpty(); n--) {
        Live next = arrivals.remove(0);
        live.put(next.id, next);
      }
      List<SequenceState> states = live.values().stream().map(Live::state).toList();
      StepPlan plan = Scheduler.plan(config, states, pool.free());
      assertEquals(plan, Scheduler.plan(config, states, pool.free()), "not a pure function");
      for (long id : plan.preempted()) {
        Live victim = live.get(id);
        assertTrue(victim.running);
        release(victim);
        victim.computed = 0;
        victim.running = false;
      }
      int budget = 0;
      Set<Long> ran = new HashSet<>();
      for (StepPlan.Run run : plan.runs()) {
        Live l = live.get(run.id());
        assertNotNull(l);
        assertTrue(ran.add(run.id()), "scheduled twice");
        assertFalse(plan.preempted().contains(run.id()), "preempted and run");
        budget += run.tokens();
        for (int i = 0; i < run.newBlocks(); i++) {
          l.blocks.add(pool.take());
        }
        l.running = true;
        l.computed += run.tokens();
        assertTrue(l.computed <= l.tokens);
        assertTrue(l.blocks.size() * 16 >= l.computed, "no block for a position");
        if (l.computed == l.tokens && ++l.tokens > l.target) {
          release(l);
          live.remove(l.id);
          finished.add(l.id);
        }
      }
      assertTrue(budget <= config.tokensPerStep());
      assertTrue(live.values().stream().filter(l -> l.running).count() <= config.maxRunning());
      assertTrue(live.isEmpty() || !plan.runs().isEmpty() || !plan.preempted().isEmpty(), "stuck");
      Set<Integer> owned = new HashSet<>();
      live.values().forEach(l -> l.blocks.forEach(b -> assertTrue(owned.add(b), "shared block")));
      assertEquals(pool.total(), pool.free() + owned.size());
      live.values().stream().filter(l -> !l.running).forEach(l -> l.waited++);
      if (random.nextInt(40) == 0 && !live.isEmpty()) {
        Live cancelled = live.values().iterator().next();
        release(cancelled);
        live.remove(cancelled.id);
        finished.add(cancelled.id);
      }
    }

    private void release(Live l) {
      pool.release(l.blocks.stream().mapToInt(Integer::intValue).toArray());
      l.blocks.clear();
    }
  }
}
