package dev.tensafe.model.exec;

import dev.tensafe.model.shape.ModelException;
import dev.tensafe.model.shape.ProjectionGroup;
import java.util.ArrayList;
import java.util.List;

/**
 * The hooks that take part in one step, for executors: which of them are called, which hand over
 * low-rank products, and that every sequence with an adapter has one. Confined to the executor's
 * thread.
 */
public final class StepHooks {
  private final List<ForwardHook> called;
  private final List<LowRankStep> fused;
  private final StepRows rows;

  private StepHooks(List<ForwardHook> called, List<LowRankStep> fused, StepRows rows) {
    this.called = called;
    this.fused = fused;
    this.rows = rows;
  }

  /**
   * Starts the hooks on a step. Sequences whose adapter none of them claims fail with {@code
   * adapter.unavailable}.
   */
  public static StepHooks start(List<ForwardHook> hooks, StepRows rows) {
    List<ForwardHook> called = new ArrayList<>(hooks.size());
    List<LowRankStep> fused = new ArrayList<>(hooks.size());
    for (ForwardHook hook : hooks) {
      if (hook.start(rows)) {
        hook.fused(rows).ifPresentOrElse(fused::add, () -> called.add(hook));
      }
    }
    for (int sequence = 0; sequence < rows.sequences(); sequence++) {
      if (!rows.served(sequence)) {
        rows.fail(
            sequence,
            new ModelException("adapter.unavailable", "nothing here computes this adapter"));
      }
    }
    return new StepHooks(called, fused, rows);
  }

  /** Whether any hook takes part; without one the model may run in one piece. */
  public boolean any() {
    return !called.isEmpty() || !fused.isEmpty();
  }

  /** The hooks to call that read a group, in order. */
  public List<ForwardHook> reading(ProjectionGroup group) {
    List<ForwardHook> out = new ArrayList<>(called.size());
    for (ForwardHook hook : called) {
      if (hook.reads(group)) {
        out.add(hook);
      }
    }
    return out;
  }

  /** Whether any hook is to be called. */
  public boolean anyCalled() {
    return !called.isEmpty();
  }

  /** All low-rank products of the step. */
  public List<LowRankStep> products() {
    return List.copyOf(fused);
  }

  /** The low-rank products to compute for a group. */
  public List<LowRankStep> touching(ProjectionGroup group) {
    List<LowRankStep> out = new ArrayList<>(fused.size());
    for (LowRankStep step : fused) {
      if (step.touches(group)) {
        out.add(step);
      }
    }
    return out;
  }

  public StepRows rows() {
    return rows;
  }
}
