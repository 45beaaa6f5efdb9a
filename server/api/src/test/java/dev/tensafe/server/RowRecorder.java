package dev.tensafe.server;

import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import java.util.ArrayList;
import java.util.List;

/** The first rows that a model's projections read. */
final class RowRecorder implements ForwardHook {
  private static final int MOST = 4_000;

  final List<float[]> rows = new ArrayList<>();

  @Override
  public void begin(ProjectionGroup group, RowMatrix x, StepRows step) {
    for (int row = 0; row < x.rows() && rows.size() < MOST; row++) {
      float[] values = new float[x.columns()];
      x.values().get(row * x.columns(), values);
      rows.add(values);
    }
  }

  @Override
  public void finish(Projection projection, RowMatrix y, StepRows step) {}
}
