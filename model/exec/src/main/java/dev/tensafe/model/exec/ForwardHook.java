package dev.tensafe.model.exec;

import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import java.util.Optional;

/**
 * Work beside the base model's projections, such as a low-rank delta. Called on the executor's
 * thread, in the order of the forward pass: {@link #start} once per step; then, if it takes part,
 * {@link #begin} for every group it reads and {@link #finish} for each of the group's projections.
 * The engine calls {@link #stepped} after a step, and {@link #ended} between steps.
 *
 * <p>A hook that cannot serve a sequence calls {@link StepRows#fail}; the step goes on for the
 * others. An exception thrown from a hook fails every sequence of the step.
 */
public interface ForwardHook {
  /**
   * Before a step: the hook claims the sequences whose adapters it computes. A sequence with an
   * adapter that no hook claims fails; it is never answered by the base model alone.
   *
   * @return whether the hook has anything to do in this step
   */
  default boolean start(StepRows rows) {
    return true;
  }

  /**
   * The hook's work in this step, where it is low-rank products and nothing else. An executor that
   * takes it computes it and calls neither {@link #reads}, {@link #begin} nor {@link #finish} in
   * this step. Asked after a {@link #start} that said yes.
   *
   * @return empty when the hook is to be called
   */
  default Optional<LowRankStep> fused(StepRows rows) {
    return Optional.empty();
  }

  /** Whether the hook wants the input and the outputs of a group in this step. */
  default boolean reads(ProjectionGroup group) {
    return true;
  }

  /**
   * Whether {@link #begin} starts work that is to run beside the base projections. Where no hook of
   * a group says so, it may be called after them: that saves a call into the tensor library.
   */
  default boolean overlaps() {
    return false;
  }

  /**
   * The input of a group, before any {@link #finish} of it.
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

  /**
   * What an adapter adds to the steps it is in; {@link AdapterLoad#BASE} if it is none of this
   * hook's. Asked once per sequence, between steps.
   */
  default AdapterLoad load(long adapter) {
    return AdapterLoad.BASE;
  }

  /** After a step, also after one that failed as a whole. */
  default void stepped() {}

  /**
   * A sequence gives up its place in the cache: it has finished, was cancelled, has failed, or
   * starts over later. What a hook keeps for it can go. Called for every sequence at least once,
   * also for one that never ran.
   *
   * @param sequenceId as {@link StepRows#sequenceId} gives it
   */
  default void ended(long sequenceId) {}
}
