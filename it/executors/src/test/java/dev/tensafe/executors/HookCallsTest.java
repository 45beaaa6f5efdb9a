package dev.tensafe.executors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.LowRankStep;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.shape.ModelException;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.model.shape.ProjectionKind.GroupKind;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** When hooks are called, when their products are computed, and who may call the executor. */
@ParameterizedClass
@EnumSource(Kind.class)
class HookCallsTest {
  private final List<String> events = new ArrayList<>();
  private final LoadedModel model;
  private final ModelExecutor executor;

  HookCallsTest(Kind kind, @TempDir Path dir) throws IOException {
    SyntheticModel.write(dir, SyntheticModel.llama(16, 24, 2, 2, 1, 300, 64), DType.F32, 5);
    model = LoadedModel.open(dir, kind, new ExecutorOptions(ExecutorOptions.Format.AUTO, 1), 2);
    executor = model.executor();
  }

  @AfterEach
  void close() {
    model.close();
  }

  /** Adds the first column of x to every column of the first layer's o projection. */
  private final class Products implements LowRankStep {
    private final List<Float> column = new ArrayList<>();

    @Override
    public boolean touches(ProjectionGroup group) {
      return group.layer() == 0 && group.kind() == GroupKind.O;
    }

    @Override
    public void shrink(ProjectionGroup group, RowMatrix x) {
      events.add("shrink");
      column.clear();
      for (int row = 0; row < x.rows(); row++) {
        column.add(x.values().get(row * x.columns()));
      }
    }

    @Override
    public void expand(Projection projection, RowMatrix y) {
      events.add("expand " + projection.kind());
      for (int at = 0; at < y.rows() * y.columns(); at++) {
        y.values().put(at, y.values().get(at) + column.get(at / y.columns()));
      }
    }

    @Override
    public <T> Optional<T> unwrap(Class<T> type) {
      return Optional.empty();
    }
  }

  /** Computes the products itself, or hands them over. */
  private final class Computing implements ForwardHook {
    private final Products products = new Products();
    private final boolean hands;

    Computing(boolean hands) {
      this.hands = hands;
    }

    @Override
    public Optional<LowRankStep> fused(StepRows rows) {
      return hands ? Optional.of(products) : Optional.empty();
    }

    @Override
    public boolean reads(ProjectionGroup group) {
      return products.touches(group);
    }

    @Override
    public void begin(ProjectionGroup group, RowMatrix x, StepRows rows) {
      events.add("begin");
      products.shrink(group, x);
    }

    @Override
    public void finish(Projection projection, RowMatrix y, StepRows rows) {
      products.expand(projection, y);
    }
  }

  /** Work that runs beside the base projections of the layer's o projection. */
  private final class Overlapping implements ForwardHook {
    @Override
    public boolean reads(ProjectionGroup group) {
      return group.layer() == 0 && group.kind() == GroupKind.O;
    }

    @Override
    public boolean overlaps() {
      return true;
    }

    @Override
    public void begin(ProjectionGroup group, RowMatrix x, StepRows rows) {
      events.add("send");
    }

    @Override
    public void finish(Projection projection, RowMatrix y, StepRows rows) {
      events.add("join");
    }
  }

  private float[] last(List<ForwardHook> hooks) {
    ForwardResult result = executor.forward(batch(), hooks);
    float[] row = new float[result.vocabSize()];
    result.row(0).get(row);
    return row;
  }

  private static ForwardBatch batch() {
    return new ForwardBatch(
        List.of(
            new SequenceInput(
                1,
                "",
                SequenceInput.BASE,
                new int[] {3, 4, 5},
                0,
                3,
                new int[] {0},
                SequenceInput.LogitRows.LAST)));
  }

  @Test
  void productsHandedOverGiveWhatTheHookWouldGive() {
    float[] called = last(List.of(new Computing(false)));
    assertEquals(List.of("begin", "shrink", "expand O"), events);
    events.clear();
    float[] fused = last(List.of(new Computing(true)));
    assertEquals(List.of("shrink", "expand O"), events);
    assertArrayEquals(called, fused);
    float[] plain = last(List.of());
    double moved = 0;
    for (int i = 0; i < plain.length; i++) {
      moved = Math.max(moved, Math.abs(plain[i] - fused[i]));
    }
    assertEquals(true, moved > 1e-3, "the products changed nothing");
  }

  @Test
  void productsAreComputedWhileTheWorkOfAnOverlappingHookIsUnderWay() {
    float[] alone = last(List.of(new Computing(true)));
    events.clear();
    float[] beside = last(List.of(new Computing(true), new Overlapping()));
    assertEquals(List.of("send", "shrink", "expand O", "join"), events);
    assertArrayEquals(alone, beside);
  }

  @Test
  void aCallFromWithinAStepIsRefused() {
    ForwardHook within =
        new ForwardHook() {
          @Override
          public void begin(ProjectionGroup group, RowMatrix x, StepRows rows) {
            executor.close();
          }

          @Override
          public void finish(Projection projection, RowMatrix y, StepRows rows) {}
        };
    ModelException e = assertThrows(ModelException.class, () -> last(List.of(within)));
    assertEquals("model.executor_busy", e.code());
    last(List.of());
  }

  @Test
  void anotherThreadMayCloseItAndNothingFollows() throws InterruptedException {
    last(List.of());
    Thread closing = new Thread(executor::close);
    closing.start();
    closing.join();
    ModelException e = assertThrows(ModelException.class, () -> last(List.of()));
    assertEquals("model.executor_closed", e.code());
    e = assertThrows(ModelException.class, () -> executor.allocateCache(1));
    assertEquals("model.executor_closed", e.code());
    executor.close();
  }
}
