package dev.tensafe.executors;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Adds s·x₀ of its own sequence's scale to every output, as a rank-one delta would. */
final class ScaledHook implements ForwardHook {
  final List<String> calls = new ArrayList<>();
  private final Map<Long, Float> scales;
  private final Map<Integer, float[]> firstColumn = new TreeMap<>();

  ScaledHook(Map<Long, Float> scales) {
    this.scales = scales;
  }

  @Override
  public void begin(ProjectionGroup group, RowMatrix x, StepRows rows) {
    calls.add("begin " + group.layer() + " " + group.kind());
    assertEquals(group.in(), x.columns());
    float[] column = new float[x.rows()];
    for (int r = 0; r < x.rows(); r++) {
      column[r] = x.values().get(r * x.columns());
    }
    firstColumn.put(group.layer() * 4 + group.kind().wireId(), column);
  }

  @Override
  public void finish(Projection projection, RowMatrix y, StepRows rows) {
    calls.add("finish " + projection.name());
    assertEquals(projection.out(), y.columns());
    float[] x = firstColumn.get(projection.layer() * 4 + projection.kind().group().wireId());
    for (int r = 0; r < y.rows(); r++) {
      float scale = scales.getOrDefault(rows.sequenceId(rows.sequenceOf(r)), 0f);
      for (int i = 0; i < y.columns(); i++) {
        int at = r * y.columns() + i;
        y.values().put(at, y.values().get(at) + scale * x[r]);
      }
    }
  }
}
