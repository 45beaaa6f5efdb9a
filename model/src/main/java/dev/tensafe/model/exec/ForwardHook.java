package dev.tensafe.model.exec;

/**
 * Work beside the base model's projections, such as a low-rank delta. Called on the executor's
 * thread, in the order of the forward pass: once {@link #begin} for a group, then {@link #finish}
 * for each of its projections.
 *
 * <p>A hook that cannot serve a sequence calls {@link StepRows#fail}; the step goes on for the
 * others. An exception thrown from a hook fails every sequence of the step.
 */
public interface ForwardHook {
  /**
   * Before the base projections of a group: the moment to start work that may overlap with them.
   *
   * @param x {@code [tokens, group.in()]}, a read-only view, valid until this call returns
   */
  void begin(ProjectionGroup group, RowMatrix x, StepRows rows);

  /**
   * After one base projection: the moment to join the work and add its result.
   *
   * @param y {@code [tokens, projection.out()]}, to be changed in place
   */
  void finish(Projection projection, RowMatrix y, StepRows rows);
}
