package dev.tensafe.model.exec;

import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import java.util.Optional;

/**
 * The low-rank products of one step: {@code y += B·(A·x)} for rows of several adapters. A hook
 * hands it to the executor, which computes it where it suits it: {@link #shrink} once for every
 * group that is touched, then {@link #expand} for each of the group's projections. Valid during the
 * step; confined to the executor's thread.
 */
public interface LowRankStep {
  /** Whether any adapter of the step changes a projection of the group. */
  boolean touches(ProjectionGroup group);

  /**
   * Computes A·x of a group.
   *
   * @param x {@code [tokens, group.in()]}, not changed
   */
  void shrink(ProjectionGroup group, RowMatrix x);

  /**
   * Adds B·(A·x) of one projection.
   *
   * @param projection one of the group that the last {@link #shrink} was for
   * @param y {@code [tokens, projection.out()]}, changed in place
   */
  void expand(Projection projection, RowMatrix y);

  /**
   * The implementation, for an executor that knows how to run it without these calls.
   *
   * @return empty when it is of another type
   */
  <T> Optional<T> unwrap(Class<T> type);
}
