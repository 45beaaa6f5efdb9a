package dev.tensafe.batching.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.EngineException;
import dev.tensafe.batching.sample.AdjustedRow;
import dev.tensafe.batching.sample.Constraint;
import dev.tensafe.batching.sample.LogitMask;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.batching.schedule.SchedulerConfig;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Masks that are late, or fail: who waits, for how long, and who does not. */
class SlowMaskTest {
  private static final int VOCAB = 300;
  private static Tokenizer tokenizer;

  @BeforeAll
  static void load(@TempDir Path dir) throws IOException {
    SyntheticModel.write(dir, SyntheticModel.llama(8, 8, 1, 1, 1, VOCAB, 64), DType.F32, 1);
    tokenizer = Tokenizer.load(dir);
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  /** Is late so many times; keeps how long each wait could have been. */
  private static final class Late implements Constraint, LogitMask {
    private final List<Long> waits = new ArrayList<>();
    private int left;
    private RuntimeException failure;

    Late(int times) {
      this.left = times;
    }

    @Override
    public LogitMask begin(Set<Integer> ends) {
      assertEquals(Set.of(299), ends);
      return this;
    }

    @Override
    public boolean await(long nanos) {
      waits.add(nanos);
      if (failure != null) {
        throw failure;
      }
      return left-- <= 0;
    }

    @Override
    public boolean active() {
      return true;
    }

    @Override
    public void apply(AdjustedRow logits) {
      assertTrue(left < 0, "a mask that was not ready");
    }

    @Override
    public void accept(int token) {}

    @Override
    public void rewind(int tokens) {
      assertEquals(0, tokens);
    }
  }

  private final ChainedExecutor executor = new ChainedExecutor(VOCAB, 40, 299);
  private final EngineCore core =
      new EngineCore(
          new EngineConfig(new SchedulerConfig(64, 64, 4, 16, 50, 1000), 40, 160, 100_000),
          executor,
          List.of(),
          tokenizer,
          () -> 1,
          s -> {});

  private Recorder add(long id, Late late) {
    Recorder recorder = new Recorder();
    GenerationRequest.Builder request =
        GenerationRequest.of(new int[] {1, 2, 3}, SamplingParams.greedy(4));
    core.add(id, (late == null ? request : request.constraint(late)).build(), recorder, 0);
    return recorder;
  }

  @Test
  void oneThatIsLateWaitsAndNobodyElseDoes() {
    Late late = new Late(2);
    Recorder slow = add(1, late);
    Recorder other = add(2, null);
    for (int step = 0; step < 4; step++) {
      core.step();
    }
    assertEquals(List.of("LENGTH"), other.ends());
    assertEquals(List.of(), slow.ends());
    assertEquals(2, slow.outputs());
    core.step();
    core.step();
    assertEquals(List.of("LENGTH"), slow.ends());
    assertEquals(4, slow.outputs());
    assertEquals(MaskWait.SHARED, late.waits.get(0));
    assertEquals(MaskWait.ALONE, late.waits.get(5));
    assertEquals(0, core.status().usedBlocks());
  }

  @Test
  void oneThatFailsEndsItsOwnOutputOnly() {
    Late late = new Late(0);
    late.failure =
        new EngineException(EngineException.Kind.FAILED, "engine.constraint", "too much to do");
    Recorder failing = add(1, late);
    Recorder other = add(2, null);
    while (core.hasWork()) {
      core.step();
    }
    assertEquals(List.of("engine.constraint"), failing.ends());
    assertEquals(List.of("LENGTH"), other.ends());
    assertEquals(0, core.status().usedBlocks());
  }
}
