package dev.tensafe.lora.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.LowRankStep;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.nativeexec.NativeExecutorFactory;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.nativelib.lora.LowRankAdapter;
import dev.tensafe.nativelib.lora.LowRankBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Deltas that the executor computes against those that the hook computes when it is called. */
class LoraHookTest {
  private static final int RANK = 3;
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  /** An executor's view of a hook that hands nothing over. */
  private record Called(ForwardHook hook) implements ForwardHook {
    @Override
    public boolean start(StepRows rows) {
      return hook.start(rows);
    }

    @Override
    public boolean reads(ProjectionGroup group) {
      return hook.reads(group);
    }

    @Override
    public void begin(ProjectionGroup group, RowMatrix x, StepRows rows) {
      hook.begin(group, x, rows);
    }

    @Override
    public void finish(Projection projection, RowMatrix y, StepRows rows) {
      hook.finish(projection, y, rows);
    }
  }

  @Test
  void handedOverOrCalledTheDeltasAreTheSame(@TempDir Path dir) throws IOException {
    System.out.println("LoraHookTest seed " + seed);
    SyntheticModel.write(dir, SyntheticModel.llama(48, 72, 3, 6, 2, 300, 512), DType.F32, 17);
    ModelConfig config = ModelConfigReader.read(dir);
    try (Checkpoint checkpoint = Checkpoint.open(dir);
        ModelExecutor executor =
            new NativeExecutorFactory()
                .create(config, checkpoint, new ExecutorOptions(ExecutorOptions.Format.F32, 1));
        LowRankAdapter all = adapter(config, 1);
        LowRankAdapter few = adapter(config, 4)) {
      executor.allocateCache(8);
      LoraHook hook = new LoraHook(Map.of(1L, all, 2L, few)::get);
      ForwardBatch batch =
          new ForwardBatch(List.of(input(2, 5), input(0, 3), input(1, 1), input(2, 2)));
      float[] handedOver = logits(executor, batch, hook);
      assertArrayEquals(logits(executor, batch, new Called(hook)), handedOver);
      ForwardBatch plain =
          new ForwardBatch(batch.sequences().stream().map(LoraHookTest::ofBase).toList());
      float[] base = logits(executor, plain, hook);
      for (int i = 0; i < 4; i++) {
        double moved = 0;
        for (int at = i * 300; at < (i + 1) * 300; at++) {
          moved = Math.max(moved, Math.abs(base[at] - handedOver[at]));
        }
        assertEquals(i == 1, moved == 0, "sequence " + i + " moved by " + moved);
      }
    }
  }

  @Test
  void aNativeExecutorFindsTheNativeBatch() {
    LowRankStep step = new BatchStep(new LowRankBatch());
    Optional<LowRankBatch> batch = step.unwrap(LowRankBatch.class);
    assertTrue(batch.isPresent());
    assertTrue(step.unwrap(String.class).isEmpty());
  }

  private static float[] logits(ModelExecutor executor, ForwardBatch batch, ForwardHook hook) {
    ForwardResult result = executor.forward(batch, List.of(hook));
    assertEquals(Map.of(), result.failures());
    float[] out = new float[result.rows() * result.vocabSize()];
    result.logits().get(0, out);
    return out;
  }

  private int nextBlock;

  private SequenceInput input(long adapter, int tokens) {
    return new SequenceInput(
        nextBlock,
        "",
        adapter,
        random.ints(tokens, 0, 300).toArray(),
        0,
        tokens,
        new int[] {nextBlock++},
        SequenceInput.LogitRows.LAST);
  }

  private static SequenceInput ofBase(SequenceInput s) {
    return new SequenceInput(
        s.sequenceId(),
        "",
        SequenceInput.BASE,
        s.tokens(),
        s.start(),
        s.promptLength(),
        s.blocks(),
        s.logits());
  }

  /** Random weights for every n-th projection. */
  private LowRankAdapter adapter(ModelConfig config, int every) {
    List<LowRankAdapter.Module> modules = new ArrayList<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      for (ProjectionGroup group : ProjectionGroup.ofLayer(config, layer)) {
        for (Projection p : group.projections()) {
          if (p.slot() % every == 0) {
            modules.add(
                new LowRankAdapter.Module(
                    p.slot(), p.in(), p.out(), RANK, 0.5f, LowRankAdapter.ElementType.F32));
          }
        }
      }
    }
    LowRankAdapter adapter = new LowRankAdapter(AdapterSlots.count(config.layers()), modules);
    for (LowRankAdapter.Module m : modules) {
      adapter.put(m.slot(), LowRankAdapter.Factor.A, 0, values(m.rank() * m.in()));
      adapter.put(m.slot(), LowRankAdapter.Factor.B, 0, values(m.out() * m.rank()));
    }
    return adapter;
  }

  private ByteBuffer values(int count) {
    ByteBuffer out = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      out.putFloat((float) random.nextGaussian() / 4);
    }
    return out.flip();
  }
}
