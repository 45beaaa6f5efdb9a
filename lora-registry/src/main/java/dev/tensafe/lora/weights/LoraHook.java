package dev.tensafe.lora.weights;

import dev.tensafe.model.exec.AdapterLoad;
import dev.tensafe.model.exec.AdapterRows;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.LowRankStep;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.nativelib.lora.LowRankAdapter;
import dev.tensafe.nativelib.lora.LowRankBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Adds the deltas of all plain adapters of a step. Rows are sorted by adapter once; then one
 * grouped product per projection computes all of them. The cost depends on the adapters in the
 * step, not on those that are registered. Hands its products to the executor; one that does not
 * take them calls the hook, with the same result. Confined to the executor's thread.
 */
public final class LoraHook implements ForwardHook {
  private final LongFunction<@Nullable LowRankAdapter> resident;
  private final LowRankBatch batch = new LowRankBatch();
  private final LowRankStep products = new BatchStep(batch);

  /**
   * @param resident the weights of an adapter by its handle, or null if it is none of these; they
   *     stay open while a sequence of theirs is in a step
   */
  public LoraHook(LongFunction<@Nullable LowRankAdapter> resident) {
    this.resident = resident;
  }

  @Override
  public boolean start(StepRows rows) {
    List<LowRankAdapter> adapters = new ArrayList<>();
    List<int[]> rowsOf = new ArrayList<>();
    for (AdapterRows adapter : rows.byAdapter()) {
      LowRankAdapter weights = resident.apply(adapter.handle());
      if (weights != null) {
        adapters.add(weights);
        rowsOf.add(adapter.rows());
        adapter.sequences().forEach(rows::claim);
      }
    }
    batch.begin(adapters, rowsOf);
    return !adapters.isEmpty();
  }

  @Override
  public Optional<LowRankStep> fused(StepRows rows) {
    return Optional.of(products);
  }

  @Override
  public boolean reads(ProjectionGroup group) {
    return products.touches(group);
  }

  @Override
  public void begin(ProjectionGroup group, RowMatrix x, StepRows rows) {
    products.shrink(group, x);
  }

  @Override
  public void finish(Projection projection, RowMatrix y, StepRows rows) {
    products.expand(projection, y);
  }

  @Override
  public AdapterLoad load(long adapter) {
    LowRankAdapter weights = resident.apply(adapter);
    return weights == null
        ? AdapterLoad.BASE
        : new AdapterLoad(AdapterLoad.Kind.PLAIN, weights.bytes() / 1e6);
  }
}
