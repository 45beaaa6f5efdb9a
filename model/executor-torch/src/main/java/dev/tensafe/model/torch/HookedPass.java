package dev.tensafe.model.torch;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.LowRankStep;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.StepHooks;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * The layers of a step. Without hooks they are one script call; with hooks the script stops only at
 * the groups they read, and keeps what it needs to go on: every call costs some 50 µs, since the
 * weights that were read in between have emptied the caches.
 *
 * <p>Where a hook overlaps, a group takes two calls: the hook begins before the base projections
 * and finishes after them. Low-rank products are computed between the two, while the hook's work is
 * under way. Where none overlaps, one call gives input and outputs. Confined to the executor's
 * thread.
 */
final class HookedPass {
  private final ScriptModule script;
  private final List<List<ProjectionGroup>> layers;

  /**
   * @param layers the groups of every layer in the order of the forward pass
   */
  HookedPass(ScriptModule script, List<List<ProjectionGroup>> layers) {
    this.script = script;
    this.layers = layers;
  }

  /**
   * Runs all layers.
   *
   * @param embedded {@code [tokens, hidden]}
   * @return {@code [tokens, hidden]}, before the last norm
   */
  PtNDArray run(PtNDManager m, PtNDArray embedded, StepHooks step) {
    script.run("begin_layers", embedded);
    if (step.any()) {
      int position = 0;
      for (List<ProjectionGroup> groups : layers) {
        for (ProjectionGroup group : groups) {
          List<ForwardHook> hooks = step.reading(group);
          List<LowRankStep> products = step.touching(group);
          if (!hooks.isEmpty() || !products.isEmpty()) {
            stop(m, position, group, hooks, products, step.rows());
          }
          position++;
        }
      }
    }
    return script.tensor(m, "end_layers");
  }

  /**
   * Stops at a group.
   *
   * @param position of the group among those of all layers
   */
  private void stop(
      PtNDManager m,
      int position,
      ProjectionGroup group,
      List<ForwardHook> hooks,
      List<LowRankStep> products,
      StepRows rows) {
    try (PtNDManager scratch = (PtNDManager) m.newSubManager()) {
      PtNDArray x;
      PtNDArray[] outputs;
      int first;
      if (hooks.stream().anyMatch(ForwardHook::overlaps)) {
        x = script.tensor(scratch, "group_input", position);
        begin(group, x, hooks, rows);
        outputs = script.tensors(scratch, "group_output");
        first = 0;
      } else {
        outputs = script.tensors(scratch, "group_input_and_output", position);
        x = outputs[0];
        begin(group, x, hooks, rows);
        first = 1;
      }
      for (LowRankStep step : products) {
        step.shrink(group, input(x, group, rows));
      }
      for (Projection p : group.projections()) {
        PtNDArray y = outputs[first++];
        for (LowRankStep step : products) {
          step.expand(p, new RowMatrix(live(y), rows.rows(), p.out()));
        }
        for (ForwardHook hook : hooks) {
          hook.finish(p, new RowMatrix(live(y), rows.rows(), p.out()), rows);
        }
      }
    }
  }

  private static void begin(
      ProjectionGroup group, PtNDArray x, List<ForwardHook> hooks, StepRows rows) {
    for (ForwardHook hook : hooks) {
      hook.begin(group, input(x, group, rows), rows);
    }
  }

  private static RowMatrix input(PtNDArray x, ProjectionGroup group, StepRows rows) {
    return new RowMatrix(live(x).asReadOnlyBuffer(), rows.rows(), group.in());
  }

  /** The tensor's own memory. */
  static FloatBuffer live(PtNDArray array) {
    return array.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }
}
