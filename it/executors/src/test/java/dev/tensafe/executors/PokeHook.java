package dev.tensafe.executors;

import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import java.util.function.Predicate;

/** Writes one value to every n-th output of some projections, in the rows of one sequence. */
final class PokeHook implements ForwardHook {
  private final long sequence;
  private final float value;
  private final int every;
  private final Predicate<Projection> where;

  PokeHook(long sequence, float value, int every, Predicate<Projection> where) {
    this.sequence = sequence;
    this.value = value;
    this.every = every;
    this.where = where;
  }

  @Override
  public boolean reads(ProjectionGroup group) {
    return group.projections().stream().anyMatch(where);
  }

  @Override
  public void begin(ProjectionGroup group, RowMatrix x, StepRows rows) {}

  @Override
  public void finish(Projection projection, RowMatrix y, StepRows rows) {
    if (!where.test(projection)) {
      return;
    }
    for (int row = 0; row < y.rows(); row++) {
      if (rows.sequenceId(rows.sequenceOf(row)) == sequence) {
        for (int i = row % every; i < y.columns(); i += every) {
          y.values().put(row * y.columns() + i, value);
        }
      }
    }
  }
}
