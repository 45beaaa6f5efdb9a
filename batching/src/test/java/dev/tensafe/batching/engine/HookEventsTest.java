package dev.tensafe.batching.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.batching.schedule.SchedulerConfig;
import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A hook hears of every sequence's end, however it comes, and of every step's. */
class HookEventsTest {
  private static final CodedException REASON = new CodedException("test.reason", "x");

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

  private static class Listening implements ForwardHook {
    final List<Long> ended = new ArrayList<>();
    int steps;

    @Override
    public void begin(ProjectionGroup group, RowMatrix x, StepRows rows) {}

    @Override
    public void finish(Projection projection, RowMatrix y, StepRows rows) {}

    @Override
    public void stepped() {
      steps++;
    }

    @Override
    public void ended(long sequenceId) {
      ended.add(sequenceId);
    }
  }

  private final FakeExecutor executor = new FakeExecutor(300);
  private final Listening hook = new Listening();
  private final AtomicLong now = new AtomicLong(1);

  private EngineCore core(int blocks) {
    EngineConfig config =
        new EngineConfig(
            new SchedulerConfig(64, 64, 2, 16, 50, 1000), blocks, blocks * 16, 100_000);
    return new EngineCore(config, executor, List.of(hook), tokenizer, now::get, s -> {});
  }

  private static void add(EngineCore core, long id, int prompt, int tokens, long deadline) {
    core.add(
        id,
        GenerationRequest.of(new int[prompt], SamplingParams.greedy(tokens)).build(),
        new Recorder(),
        deadline);
  }

  @Test
  void aSequenceThatFinishes() {
    EngineCore core = core(8);
    add(core, 3, 2, 2, 0);
    core.step();
    assertEquals(List.of(), hook.ended);
    core.step();
    assertEquals(List.of(3L), hook.ended);
    assertEquals(2, hook.steps);
  }

  @Test
  void oneThatIsCancelledWhileItRunsAndOneThatNeverRan() {
    EngineCore core = core(8);
    for (int id = 1; id <= 3; id++) {
      add(core, id, 2, 20, 0);
    }
    core.step();
    core.abandon(1, REASON);
    core.abandon(3, REASON);
    assertEquals(List.of(1L, 3L), hook.ended);
  }

  @Test
  void oneThatRunsOutOfTime() {
    EngineCore core = core(8);
    add(core, 1, 2, 20, 10);
    core.step();
    now.set(10);
    core.step();
    assertEquals(List.of(1L), hook.ended);
  }

  @Test
  void oneThatIsPreemptedAndItsEndLater() {
    EngineCore core = core(3);
    add(core, 1, 16, 20, 0);
    add(core, 2, 16, 20, 0);
    while (core.status().preemptions() == 0) {
      core.step();
    }
    assertEquals(List.of(2L), hook.ended);
    while (core.hasWork()) {
      core.step();
    }
    assertEquals(List.of(2L, 1L, 2L), hook.ended);
  }

  @Test
  void allOfAStepThatFailsAndTheStepItself() {
    EngineCore core = core(8);
    add(core, 1, 2, 20, 0);
    add(core, 2, 2, 20, 0);
    executor.before =
        batch -> {
          throw new IllegalStateException("a broken model");
        };
    core.step();
    assertEquals(List.of(1L, 2L), hook.ended);
    assertEquals(1, hook.steps);
  }

  @Test
  void allThatAreLeftWhenTheEngineStops() {
    EngineCore core = core(8);
    add(core, 1, 2, 20, 0);
    core.step();
    add(core, 2, 2, 20, 0);
    core.abandonAll(REASON);
    assertEquals(List.of(1L, 2L), hook.ended);
  }

  @Test
  void aHookThatThrowsDisturbsNobody() {
    Listening bad =
        new Listening() {
          @Override
          public void ended(long sequenceId) {
            super.ended(sequenceId);
            throw new IllegalStateException("a broken hook");
          }

          @Override
          public void stepped() {
            throw new IllegalStateException("a broken hook");
          }
        };
    EngineConfig config =
        new EngineConfig(new SchedulerConfig(64, 64, 2, 16, 50, 1000), 8, 128, 100_000);
    EngineCore core =
        new EngineCore(config, executor, List.of(bad, hook), tokenizer, now::get, s -> {});
    add(core, 1, 2, 2, 0);
    add(core, 2, 2, 2, 0);
    while (core.hasWork()) {
      core.step();
    }
    assertEquals(List.of(1L, 2L), bad.ended);
    assertEquals(List.of(1L, 2L), hook.ended);
    assertEquals(2, hook.steps);
    assertEquals(0, core.status().usedBlocks());
    assertTrue(core.status().internalErrors() >= 4);
  }
}
