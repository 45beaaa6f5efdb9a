package dev.tensafe.batching.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.cache.CacheScope;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.batching.schedule.SchedulerConfig;
import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.exec.AdapterLoad;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tenants on a machine whose costs are known: its clock moves by them in every step, and nothing
 * tells the engine. Adapters below 1000 are plain, those from there on encrypted.
 */
class FairnessTest {
  private static final double MS = 1e6;
  private static final int ENCRYPTED = 1000;
  private static Tokenizer tokenizer;

  @BeforeAll
  static void load(@TempDir Path dir) throws IOException {
    SyntheticModel.write(dir, SyntheticModel.llama(8, 8, 1, 1, 1, 300, 64), DType.F32, 1);
    tokenizer = Tokenizer.load(dir);
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  private final FakeExecutor executor = new FakeExecutor(300);
  private final Map<Long, String> tenants = new HashMap<>();
  private final Map<String, Double> had = new TreeMap<>();
  private final Map<String, Integer> unfinished = new TreeMap<>();
  private final Map<String, Long> lastRan = new HashMap<>();
  private final Map<String, Integer> ran = new TreeMap<>();
  private long now;
  private long nextId = 1;
  private long longestStep;
  private long longestPause;
  private int pausedSteps;
  private int steps;
  private EngineCore core = core(64, 4000);

  private EngineCore core(int maxRunning, int blocks) {
    executor.before = this::pass;
    ForwardHook hook =
        new ForwardHook() {
          @Override
          public AdapterLoad load(long adapter) {
            return adapter == SequenceInput.BASE
                ? AdapterLoad.BASE
                : adapter < ENCRYPTED
                    ? new AdapterLoad(AdapterLoad.Kind.PLAIN, 2)
                    : new AdapterLoad(AdapterLoad.Kind.ENCRYPTED, 30);
          }

          @Override
          public void begin(ProjectionGroup group, RowMatrix x, StepRows rows) {}

          @Override
          public void finish(Projection projection, RowMatrix y, StepRows rows) {}
        };
    return new EngineCore(
        new EngineConfig(
            new SchedulerConfig(2048, 256, maxRunning, maxRunning, 16, 200, 2048),
            blocks,
            2048,
            1_000_000),
        executor,
        List.of(hook),
        tokenizer,
        () -> now,
        s -> {});
  }

  /** The machine: what a step takes, and whom for. */
  private void pass(ForwardBatch batch) {
    Map<String, Double> own = new HashMap<>();
    Set<Long> adapters = new HashSet<>();
    Set<String> encrypted = new HashSet<>();
    for (SequenceInput s : batch.sequences()) {
      int outputs = s.logitRowCount();
      double cost = (s.tokenCount() - outputs) * 0.15 * MS + outputs * 0.3 * MS;
      boolean first = adapters.add(s.adapter());
      String tenant = tenants.getOrDefault(s.sequenceId(), "");
      if (s.adapter() >= ENCRYPTED) {
        cost += s.tokenCount() * 0.6 * MS + (first ? 3 * MS : 0);
        encrypted.add(tenant);
      } else if (s.adapter() != SequenceInput.BASE) {
        cost += s.tokenCount() * 0.05 * MS + (first ? 0.1 * MS : 0);
      }
      own.merge(tenant, cost, Double::sum);
      ran.merge(tenant, 1, Integer::sum);
    }
    double took = 8 * MS + (encrypted.isEmpty() ? 0 : 10 * MS);
    for (Map.Entry<String, Double> e : own.entrySet()) {
      took += e.getValue();
      double share = 8 * MS / own.size();
      share += encrypted.contains(e.getKey()) ? 10 * MS / encrypted.size() : 0;
      had.merge(e.getKey(), e.getValue() + share, Double::sum);
    }
    now += (long) took;
    longestStep = Math.max(longestStep, (long) took);
    own.keySet().forEach(t -> lastRan.put(t, now));
  }

  /** A client of a tenant: asks again as soon as it is answered, for as long as it is open. */
  private final class Client implements GenerationListener {
    final String tenant;
    final long adapter;
    final int prompt;
    final int outputs;
    final int priority;
    int answers;
    boolean open = true;

    Client(String tenant, long adapter, int prompt, int outputs, int priority) {
      this.tenant = tenant;
      this.adapter = adapter;
      this.prompt = prompt;
      this.outputs = outputs;
      this.priority = priority;
      ask();
    }

    void ask() {
      tenants.put(nextId, tenant);
      unfinished.merge(tenant, 1, Integer::sum);
      GenerationRequest request =
          GenerationRequest.of(new int[prompt], SamplingParams.greedy(outputs))
              .flow(tenant + "\n" + (adapter == SequenceInput.BASE ? "" : adapter))
              .adapter(adapter, CacheScope.BASE)
              .priority(priority)
              .build();
      core.add(nextId++, request, this, 0);
    }

    @Override
    public void onOutput(Output output) {}

    @Override
    public void onFinish(FinishReason reason, int promptTokens, int outputTokens) {
      answers++;
      unfinished.merge(tenant, -1, Integer::sum);
      if (open) {
        ask();
      }
    }

    @Override
    public void onFailure(CodedException error) {
      throw new AssertionError(error);
    }
  }

  private Client client(String tenant, long adapter) {
    return new Client(tenant, adapter, 40, 60, 0);
  }

  private void run(double millis) {
    long end = now + (long) (millis * MS);
    while (now < end && core.hasWork()) {
      Set<String> waiting = new HashSet<>();
      unfinished.forEach(
          (t, n) -> {
            if (n > 0) {
              waiting.add(t);
            }
          });
      ran.clear();
      core.step();
      steps++;
      pausedSteps += ran.keySet().containsAll(waiting) ? 0 : 1;
      for (String t : waiting) {
        longestPause = Math.max(longestPause, now - lastRan.getOrDefault(t, now));
      }
    }
  }

  /** Part of the time since the last call that a tenant had. */
  private double share(String tenant) {
    double all = had.values().stream().mapToDouble(Double::doubleValue).sum();
    return had.getOrDefault(tenant, 0.0) / all;
  }

  @Test
  void fiftyEncryptedAdaptersAndTheBaseModelHaveEqualShares() {
    for (int i = 0; i < 50; i++) {
      client("he", ENCRYPTED + i);
    }
    for (int i = 0; i < 4; i++) {
      client("base", SequenceInput.BASE);
    }
    run(5_000);
    had.clear();
    run(60_000);
    System.out.println("shares " + had);
    assertEquals(0.5, share("base"), 0.05);
    // over a few seconds as well
    for (int i = 0; i < 10; i++) {
      had.clear();
      run(4_000);
      assertEquals(0.5, share("base"), 0.1);
    }
  }

  @Test
  void whatOneLeavesIsTheOthers() {
    Client base = client("base", SequenceInput.BASE);
    Client he = client("he", ENCRYPTED);
    for (int i = 1; i < 20; i++) {
      client("he", ENCRYPTED + i);
    }
    run(10_000);
    base.open = false;
    run(2_000);
    had.clear();
    pausedSteps = 0;
    int before = he.answers;
    run(20_000);
    assertEquals(1, share("he"), 1e-9);
    assertEquals(0, pausedSteps);
    assertTrue(he.answers > before);
  }

  @Test
  void tenantsThatMerelyShareABatchAreNotPaused() {
    for (int i = 0; i < 4; i++) {
      client("a", SequenceInput.BASE);
      client("b", SequenceInput.BASE);
      client("c", 1 + i);
    }
    run(1_000);
    pausedSteps = 0;
    steps = 0;
    run(30_000);
    assertTrue(pausedSteps <= steps / 100, pausedSteps + " of " + steps);
  }

  @Test
  void aTenantAloneRunsInEveryStep() {
    for (int i = 0; i < 30; i++) {
      client("one", i % 3 == 0 ? ENCRYPTED + i : i % 3 == 1 ? i : SequenceInput.BASE);
    }
    run(30_000);
    assertEquals(0, pausedSteps);
  }

  @Test
  void manyFlowsOfOneTenantHaveOneShareOfScarceSlots() {
    core = core(16, 4000);
    for (int i = 0; i < 60; i++) {
      client("many", 1 + i);
    }
    for (int i = 0; i < 20; i++) {
      client("one", SequenceInput.BASE);
    }
    run(5_000);
    had.clear();
    run(60_000);
    System.out.println("shares " + had);
    assertEquals(0.5, share("one"), 0.05);
  }

  @Test
  void priorityOrdersATenantsOwnRequests() {
    core = core(8, 4000);
    Client urgent = new Client("a", SequenceInput.BASE, 40, 60, -5);
    Client patient = null;
    for (int i = 0; i < 30; i++) {
      patient = new Client("a", SequenceInput.BASE, 40, 60, 5);
      client("b", SequenceInput.BASE);
    }
    run(30_000);
    assertTrue(urgent.answers > 2 * patient.answers, urgent.answers + ", " + patient.answers);
    assertTrue(patient.answers > 0);
    assertEquals(0.5, share("a"), 0.06);
  }

  /** Whoever has a place waits no longer than the bound in the comment of the tenants' clocks. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5})
  void nobodyWithAPlaceWaitsBeyondTheBound(int variant) {
    long seed = System.nanoTime() + variant;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    int count = 2 + random.nextInt(4);
    for (int t = 0; t < count; t++) {
      int clients = 1 + random.nextInt(10);
      for (int i = 0; i < clients; i++) {
        long adapter =
            switch (random.nextInt(3)) {
              case 0 -> SequenceInput.BASE;
              case 1 -> 1 + random.nextInt(20);
              default -> ENCRYPTED + random.nextInt(20);
            };
        new Client(
            "t" + t, adapter, 1 + random.nextInt(600), 1 + random.nextInt(200), random.nextInt(3));
      }
    }
    run(20_000); // until the costs are known
    longestStep = 0;
    longestPause = 0;
    run(60_000);
    double quantum = 256 * (8 + 255 * 0.15 + 0.3) / 256 * MS;
    double bound = (count - 1) * (quantum + 2.0 * longestStep);
    System.out.println("longest pause " + longestPause / MS + " ms, bound " + bound / MS);
    // a fifth more: costs are estimates
    assertTrue(longestPause <= 1.2 * bound, longestPause + " > " + bound + ", seed " + seed);
    assertEquals(0, core.status().internalErrors());
  }
}
