package dev.tensafe.model.exec;

import dev.tensafe.model.shape.ModelException;
import dev.tensafe.model.shape.ProjectionGroup;
import java.util.ArrayList;
import java.util.List;

/**
 * The hooks that take part in one step, for executors: which of them run, and that every sequence
 * with an adapter has one. Confined to the executor's thread.
 */
public final class StepHooks {
  private final List<ForwardHook> hooks;
  private final StepRows rows;

  private StepHooks(List<ForwardHook> hooks, StepRows rows) {
    this.hooks = hooks;
    this.rows = rows;
  }

  /**
   * Starts the hooks on a step. Sequences whose adapter none of them claims fail with {@code
   * adapter.unavailable}.
   */
  public static StepHooks start(List<ForwardHook> hooks, StepRows rows) {
    List<ForwardHook> active = new ArrayList<>(hooks.size());
    for (ForwardHook hook : hooks) {
      if (hook.start(rows)) {
        active.add(hook);
      }
    }
    for (int sequence = 0; sequence < rows.sequences(); sequence++) {
      if (!rows.served(sequence)) {
        rows.fail(
            sequence,
            new ModelException("adapter.unavailable", "nothing here computes this adapter"));
      }
    }
    return new StepHooks(active, rows);
  }

  /** Whether any hook takes part; without one the model may run in one piece. */
  public boolean any() {
    return !hooks.isEmpty();
  }

  /** The hooks that read a group. */
  public List<ForwardHook> reading(ProjectionGroup group) {
    return hooks.stream().filter(hook -> hook.reads(group)).toList();
  }

  public StepRows rows() {
    return rows;
  }
}
