package dev.tensafe.lora.weights;

import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.nativelib.lora.LowRankAdapter;
import dev.tensafe.nativelib.lora.LowRankBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Adds the deltas of all plain adapters of a step. Rows are sorted by adapter once; then one
 * grouped product per projection computes all of them. The cost depends on the adapters in the
 * step, not on those that are registered. Confined to the executor's thread.
 */
public final class LoraHook implements ForwardHook {
  private final LongFunction<@Nullable LowRankAdapter> resident;
  private final LowRankBatch batch = new LowRankBatch();

  /**
   * @param resident the weights of an adapter by its handle, or null if it is none of these; they
   *     stay open while a sequence of theirs is in a step
   */
  public LoraHook(LongFunction<@Nullable LowRankAdapter> resident) {
    this.resident = resident;
  }

  @Override
  public boolean start(StepRows rows) {
    Map<Long, List<Integer>> sequencesOf = new TreeMap<>();
    for (int sequence = 0; sequence < rows.sequences(); sequence++) {
      long adapter = rows.adapter(sequence);
      if (adapter != SequenceInput.BASE) {
        sequencesOf.computeIfAbsent(adapter, a -> new ArrayList<>()).add(sequence);
      }
    }
    List<LowRankAdapter> adapters = new ArrayList<>();
    List<int[]> rowsOf = new ArrayList<>();
    sequencesOf.forEach(
        (id, sequences) -> {
          LowRankAdapter weights = resident.apply(id);
          if (weights != null) {
            adapters.add(weights);
            rowsOf.add(rowsOf(rows, sequences));
            sequences.forEach(rows::claim);
          }
        });
    batch.begin(adapters, rowsOf);
    return !adapters.isEmpty();
  }

  private static int[] rowsOf(StepRows rows, List<Integer> sequences) {
    return sequences.stream()
        .flatMapToInt(s -> IntStream.range(rows.firstRow(s), rows.firstRow(s) + rows.rowCount(s)))
        .sorted()
        .toArray();
  }

  @Override
  public boolean reads(ProjectionGroup group) {
    return batch.touches(AdapterSlots.first(group), group.projections().size());
  }

  @Override
  public void begin(ProjectionGroup group, RowMatrix x, StepRows rows) {
    batch.shrink(AdapterSlots.first(group), group.projections().size(), x.values(), x.columns());
  }

  @Override
  public void finish(Projection projection, RowMatrix y, StepRows rows) {
    batch.expand(AdapterSlots.of(projection), y.values(), y.columns());
  }
}
