package dev.tensafe.lora.weights;

import dev.tensafe.model.exec.LowRankStep;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.nativelib.lora.LowRankBatch;
import java.util.Optional;

/**
 * A native batch as an executor sees it. A native executor takes the {@link LowRankBatch} out of
 * it, whose slots are {@link Projection#slot()}.
 */
record BatchStep(LowRankBatch batch) implements LowRankStep {
  @Override
  public boolean touches(ProjectionGroup group) {
    return batch.touches(AdapterSlots.first(group), group.projections().size());
  }

  @Override
  public void shrink(ProjectionGroup group, RowMatrix x) {
    batch.shrink(AdapterSlots.first(group), group.projections().size(), x.values(), x.columns());
  }

  @Override
  public void expand(Projection projection, RowMatrix y) {
    batch.expand(projection.slot(), y.values(), y.columns());
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    return type.isInstance(batch) ? Optional.of(type.cast(batch)) : Optional.empty();
  }
}
