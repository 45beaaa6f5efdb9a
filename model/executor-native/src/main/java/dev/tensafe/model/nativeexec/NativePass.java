package dev.tensafe.model.nativeexec;

import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.LowRankStep;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.StepHooks;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.nativelib.decoder.NativeDecoder;
import dev.tensafe.nativelib.lora.LowRankBatch;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One step of the native decoder with its hooks. It returns to Java only at groups that a hook
 * reads: before the base products where the hook's work runs beside them, and behind them to join
 * it. Products of low rank that are a {@link LowRankBatch} are computed inside. Confined to the
 * executor.
 */
final class NativePass {
  private final NativeDecoder decoder;
  private final List<ProjectionGroup> groups;
  private final ByteBuffer stops;

  /**
   * @param groups of all layers, in the order of the forward pass
   */
  NativePass(NativeDecoder decoder, List<ProjectionGroup> groups) {
    this.decoder = decoder;
    this.groups = groups;
    this.stops = ByteBuffer.allocateDirect(groups.size());
  }

  /** Runs a step to its end. */
  void run(StepList list, StepHooks step) {
    LowRankStep inside = null;
    LowRankBatch batch = null;
    for (LowRankStep products : step.products()) {
      LowRankBatch some = products.unwrap(LowRankBatch.class).orElse(null);
      if (some != null && batch == null) {
        inside = products;
        batch = some;
      }
    }
    boolean any = writeStops(step, inside);
    decoder.begin(list.list(), list.angles(), any ? stops : null, batch);
    boolean begun = false;
    for (int stop = decoder.run(); stop != NativeDecoder.END; stop = decoder.run()) {
      ProjectionGroup group = groups.get(stop / 2);
      List<ForwardHook> hooks = step.reading(group);
      if (stop % 2 == 0) {
        begin(group, hooks, step.rows());
        begun = true;
      } else {
        if (!begun) {
          begin(group, hooks, step.rows());
        }
        begun = false;
        finish(group, hooks, outside(step, group, inside), step.rows());
      }
    }
  }

  private boolean writeStops(StepHooks step, @Nullable LowRankStep inside) {
    boolean outside = step.products().size() > (inside == null ? 0 : 1);
    if (!step.anyCalled() && !outside) {
      return false;
    }
    for (int i = 0; i < groups.size(); i++) {
      List<ForwardHook> hooks = step.reading(groups.get(i));
      byte wanted = 0;
      if (!hooks.isEmpty() || !outside(step, groups.get(i), inside).isEmpty()) {
        wanted |= NativeDecoder.STOP_AFTER;
      }
      if (hooks.stream().anyMatch(ForwardHook::overlaps)) {
        wanted |= NativeDecoder.STOP_BEFORE;
      }
      stops.put(i, wanted);
    }
    return true;
  }

  private static List<LowRankStep> outside(
      StepHooks step, ProjectionGroup group, @Nullable LowRankStep inside) {
    return step.touching(group).stream().filter(products -> products != inside).toList();
  }

  private void begin(ProjectionGroup group, List<ForwardHook> hooks, StepRows rows) {
    for (ForwardHook hook : hooks) {
      hook.begin(group, input(group, rows), rows);
    }
  }

  private void finish(
      ProjectionGroup group, List<ForwardHook> hooks, List<LowRankStep> products, StepRows rows) {
    for (LowRankStep step : products) {
      step.shrink(group, input(group, rows));
    }
    for (int i = 0; i < group.projections().size(); i++) {
      Projection p = group.projections().get(i);
      for (LowRankStep step : products) {
        step.expand(p, output(i, p, rows));
      }
      for (ForwardHook hook : hooks) {
        hook.finish(p, output(i, p, rows), rows);
      }
    }
  }

  private RowMatrix input(ProjectionGroup group, StepRows rows) {
    int floats = Math.multiplyExact(rows.rows(), group.in());
    return new RowMatrix(decoder.input(floats).asReadOnlyBuffer(), rows.rows(), group.in());
  }

  private RowMatrix output(int member, Projection p, StepRows rows) {
    int floats = Math.multiplyExact(rows.rows(), p.out());
    return new RowMatrix(decoder.output(member, floats), rows.rows(), p.out());
  }
}
