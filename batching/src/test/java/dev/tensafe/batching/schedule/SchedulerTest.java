package dev.tensafe.batching.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.cache.BlockPool;
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
  private static final SchedulerConfig CONFIG = new SchedulerConfig(64, 64, 8, 16, 50, 1000);

  private static SequenceState waiting(long id, int tokens, int priority) {
    return new SequenceState(id, tokens, 0, tokens - 1, 0, priority, 0, id, false, "f", true, 0);
  }

  private static SequenceState running(long id, int tokens, int computed, int blocks) {
    return new SequenceState(
        id, tokens, computed, tokens - 1, blocks, 0, 0, id, true, "f", false, 0);
  }

  private static StepPlan plan(int freeBlocks, SequenceState... sequences) {
    return plan(CONFIG, List.of(sequences), freeBlocks, flow -> 0);
  }

  private static StepPlan plan(
      SchedulerConfig config, List<SequenceState> sequences, int freeBlocks, Shares served) {
    return Scheduler.plan(config, sequences, CacheView.unshared(freeBlocks, sequences), served);
  }

  @Test
  void decodesComeFirstAndPromptsAreCutToWhatIsLeft() {
    StepPlan plan = plan(100, waiting(3, 200, 0), running(1, 20, 19, 2), running(2, 150, 30, 10));
    assertEquals(List.of(new StepPlan.Run(1, 1, 0, 1), new StepPlan.Run(2, 63, 0, 0)), plan.runs());
    plan = plan(100, waiting(3, 200, 0), running(1, 20, 19, 2));
    assertEquals(
        List.of(new StepPlan.Run(1, 1, 0, 1), new StepPlan.Run(3, 63, 13, 0)), plan.runs());
  }

  @Test
  void promptsAreSmallerWhileOthersDecode() {
    SchedulerConfig config = new SchedulerConfig(64, 20, 64, 8, 16, 50, 1000);
    SequenceState prompt = waiting(9, 200, 0);
    assertEquals(
        List.of(new StepPlan.Run(9, 64, 13, 0)),
        plan(config, List.of(prompt), 100, flow -> 0).runs());
    List<SequenceState> all = new ArrayList<>();
    for (int decoding = 1; decoding <= 7; decoding++) {
      all.add(running(decoding, 20, 19, 2));
      all.remove(prompt);
      all.add(prompt);
      List<StepPlan.Run> runs = plan(config, all, 100, flow -> 0).runs();
      assertEquals(decoding + 1, runs.size());
      assertEquals(20 + decoding / 2, runs.get(decoding).tokens());
    }
    SchedulerConfig small = new SchedulerConfig(8, 20, 64, 8, 16, 50, 1000);
    assertEquals(1, plan(small, all, 100, flow -> 0).runs().get(7).tokens());
  }

  @Test
  void theLatestArrivalGivesWayWhenBlocksRunOut() {
    StepPlan plan = plan(0, running(1, 17, 16, 1), running(2, 17, 16, 1), waiting(3, 5, 0));
    assertEquals(List.of(2L), plan.preempted());
    assertEquals(List.of(new StepPlan.Run(1, 1, 1, 1)), plan.runs());
  }

  @Test
  void priorityOrdersAdmissionAndNothingOvertakesWhatDoesNotFit() {
    StepPlan plan = plan(3, waiting(1, 16, 5), waiting(2, 33, 0), waiting(3, 16, 0));
    assertEquals(List.of(new StepPlan.Run(2, 33, 3, 1)), plan.runs());
    plan = plan(2, waiting(1, 16, 5), waiting(2, 33, 0));
    assertEquals(List.of(), plan.runs());
  }

  @Test
  void scoringIsCutToTheRowsLeftAfterThoseThatDecode() {
    SchedulerConfig config = new SchedulerConfig(64, 10, 8, 16, 50, 1000);
    SequenceState decoding = running(1, 20, 19, 2);
    SequenceState scoring = new SequenceState(2, 60, 16, 16, 2, 0, 0, 2, true, "f", false, 0);
    SequenceState plain = new SequenceState(3, 30, 0, 29, 0, 0, 0, 3, false, "f", true, 0);
    StepPlan plan = plan(config, List.of(decoding, scoring, plain), 100, flow -> 0);
    // the rows are used up, so the plain prompt runs without its last token
    assertEquals(
        List.of(
            new StepPlan.Run(1, 1, 0, 1),
            new StepPlan.Run(2, 9, 0, 9),
            new StepPlan.Run(3, 29, 2, 0)),
        plan.runs());
    // computed again after a preemption, scored as far as position 40: rows from there on
    SequenceState again = new SequenceState(4, 60, 0, 40, 0, 0, 0, 4, false, "f", false, 0);
    plan = plan(config, List.of(again), 100, flow -> 0);
    assertEquals(List.of(new StepPlan.Run(4, 50, 4, 10)), plan.runs());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void randomTracesKeepTheInvariantsAndEveryRequestEnds(int variant) {
    long seed = System.nanoTime() + variant;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    int maxRunning = 1 + random.nextInt(12);
    SchedulerConfig config =
        new SchedulerConfig(
            maxRunning + random.nextInt(100),
            maxRunning + random.nextInt(8),
            maxRunning,
            16,
            20,
            1 + random.nextInt(200));
    int totalBlocks = 12 + random.nextInt(40);
    Trace trace = new Trace(config, new BlockPool(totalBlocks), random);
    for (int i = 0; i < 200; i++) {
      int length = 1 + random.nextInt(totalBlocks * 16 - 1);
      int prompt = 1 + random.nextInt(length);
      Live next = new Live(i, prompt, length, random.nextInt(5) - 2, "f" + random.nextInt(4));
      next.scores = random.nextInt(3) == 0;
      trace.arrivals.add(next);
    }
    int steps = 0;
    while (!trace.done()) {
      trace.step();
      assertTrue(++steps < 400_000, "requests never end");
    }
    assertEquals(totalBlocks, trace.pool.available(), "a block leaked");
  }

  @Test
  void aLowPriorityRequestIsServedUnderAnEndlessStreamOfHigherOnes() {
    SchedulerConfig config = new SchedulerConfig(16, 16, 1, 16, 10, 1000);
    Trace trace = new Trace(config, new BlockPool(4), new Random(1));
    trace.arrivals.add(new Live(0, 4, 8, 3, "f"));
    for (int i = 1; i < 2000; i++) {
      trace.arrivals.add(new Live(i, 4, 8, 0, "f"));
    }
    int steps = 0;
    while (!trace.finished.contains(0L)) {
      trace.step();
      assertTrue(++steps < 500, "starved");
    }
    assertFalse(trace.done());
  }

  /** A tenant floods the queue with long, urgent requests before another one asks for anything. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1000})
  void aBusyFlowCannotMakeAnotherWaitLong(int urgency) {
    SchedulerConfig config = new SchedulerConfig(64, 64, 32, 16, 20, 1000);
    Trace trace = new Trace(config, new BlockPool(400), new Random(7));
    trace.cancels = false;
    for (int i = 0; i < 500; i++) {
      trace.arrive(new Live(i, 40, 2000, -urgency, "busy"));
    }
    for (int i = 0; i < 100; i++) {
      trace.step();
    }
    assertEquals(500, trace.live.size());
    // what the flood may be ahead: its lead when it must give way, and what its priority is worth
    int lead = config.fairnessTokens() + (urgency > 0 ? 16 * 64 : 0);
    int longest = 0;
    // decoding alone charges the flood 2 · 31 a step; steps that recompute prompts charge less
    int bound = 2 * lead / 62 + 40;
    for (int request = 0; request < 20; request++) {
      Live next = new Live(1000 + request, 20, 30, 0, "quiet");
      trace.arrive(next);
      int waited = 0;
      while (!trace.finished.contains(next.id)) {
        trace.step();
        waited++;
      }
      longest = Math.max(longest, waited);
    }
    assertTrue(longest <= bound, "a request took " + longest + " steps; bound " + bound);
    System.out.println("longest wait " + longest + " steps, bound " + bound);
  }

  /** Two flows that always have work get the same service, however many requests each sends. */
  @Test
  void serviceOfBackloggedFlowsStaysTogether() {
    SchedulerConfig config = new SchedulerConfig(64, 64, 16, 16, 20, 500);
    Trace trace = new Trace(config, new BlockPool(120), new Random(8));
    trace.cancels = false;
    int id = 0;
    for (int step = 0; step < 6000; step++) {
      while (count(trace, "many") < 60) {
        trace.arrive(new Live(id++, 30, 130, 0, "many"));
      }
      while (count(trace, "few") < 20) {
        trace.arrive(new Live(id++, 100, 300, 0, "few"));
      }
      trace.step();
      double gap = Math.abs(trace.counters.served("many") - trace.counters.served("few"));
      // the lead that makes a flow give way, and what the running ones may add until it does
      assertTrue(gap <= config.fairnessTokens() + 16 * 2 * 10 + 16 * 100, "gap " + gap);
    }
    assertTrue(trace.generated.get("many") > 10_000 && trace.generated.get("few") > 10_000);
  }

  @Test
  void anIdleFlowEarnsNothingAndADebtIsKept() {
    FlowCounters counters = new FlowCounters();
    counters.arrive("a");
    counters.charge("a", 500);
    counters.arrive("b");
    assertEquals(500, counters.served("b"));
    counters.charge("b", 100);
    counters.leave("b");
    counters.charge("a", 50);
    counters.arrive("b");
    assertEquals(600, counters.served("b"));
    counters.leave("a");
    counters.charge("b", 1000);
    counters.leave("b");
    counters.arrive("c");
    assertEquals(1600, counters.served("c"));
  }

  private static long count(Trace trace, String flow) {
    return trace.live.values().stream().filter(l -> l.flow.equals(flow)).count();
  }

  private static final class Live {
    final long id;
    final int priority;
    final int target;
    int tokens;
    int computed;
    int waited;
    boolean running;
    boolean fresh = true;
    boolean scores;
    int scored;
    final String flow;
    final List<Integer> blocks = new ArrayList<>();

    Live(long id, int prompt, int target, int priority, String flow) {
      this.flow = flow;
      this.id = id;
      this.tokens = prompt;
      this.target = target;
      this.priority = priority;
    }

    SequenceState state() {
      return new SequenceState(
          id,
          tokens,
          computed,
          scores && scored < tokens - 1 ? scored : tokens - 1,
          blocks.size(),
          priority,
          waited,
          id,
          running,
          flow,
          fresh,
          0);
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
    final FlowCounters counters = new FlowCounters();
    final Map<String, Long> generated = new TreeMap<>();
    boolean cancels = true;

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
        arrive(arrivals.remove(0));
      }
      List<SequenceState> states = live.values().stream().map(Live::state).toList();
      StepPlan plan = plan(config, states, pool.available(), counters::served);
      assertEquals(
          plan, plan(config, states, pool.available(), counters::served), "not a pure function");
      for (long id : plan.preempted()) {
        Live victim = live.get(id);
        assertTrue(victim.running);
        release(victim);
        victim.computed = 0;
        victim.running = false;
      }
      int budget = 0;
      int rows = 0;
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
        if (l.fresh) {
          l.fresh = false;
          counters.charge(l.flow, l.tokens);
        }
        rows += run.logitRows();
        checkRows(l, run);
        l.computed += run.tokens();
        assertTrue(l.computed <= l.tokens);
        assertTrue(l.blocks.size() * 16 >= l.computed, "no block for a position");
        if (l.computed == l.tokens) {
          counters.charge(l.flow, 2);
          generated.merge(l.flow, 1L, Long::sum);
          if (++l.tokens > l.target) {
            end(l);
          }
        }
      }
      assertTrue(budget <= config.tokensPerStep());
      assertTrue(rows <= config.logitRowsPerStep(), "too many rows of logits");
      assertTrue(live.values().stream().filter(l -> l.running).count() <= config.maxRunning());
      assertTrue(live.isEmpty() || !plan.runs().isEmpty() || !plan.preempted().isEmpty(), "stuck");
      Set<Integer> owned = new HashSet<>();
      live.values().forEach(l -> l.blocks.forEach(b -> assertTrue(owned.add(b), "shared block")));
      assertEquals(pool.total(), pool.available() + owned.size());
      live.values().stream().filter(l -> !l.running).forEach(l -> l.waited++);
      if (cancels && random.nextInt(40) == 0 && !live.isEmpty()) {
        end(live.values().iterator().next());
      }
    }

    /** Every token that is to be scored has its row once, and so has the last one. */
    private static void checkRows(Live l, StepPlan.Run run) {
      int end = l.computed + run.tokens();
      if (l.scores && l.scored < l.tokens - 1) {
        assertEquals(Math.max(0, end - Math.max(l.computed, l.scored)), run.logitRows());
        l.scored = Math.max(l.scored, Math.min(end, l.tokens - 1));
        l.scores = l.scored < l.tokens - 1;
      } else {
        assertEquals(end == l.tokens ? 1 : 0, run.logitRows());
      }
    }

    void arrive(Live next) {
      live.put(next.id, next);
      counters.arrive(next.flow);
    }

    private void end(Live l) {
      release(l);
      live.remove(l.id);
      finished.add(l.id);
      counters.leave(l.flow);
    }

    private void release(Live l) {
      pool.release(l.blocks.stream().mapToInt(Integer::intValue).toArray());
      l.blocks.clear();
    }
  }
}
