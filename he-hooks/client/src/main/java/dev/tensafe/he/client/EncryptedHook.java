package dev.tensafe.he.client;

import dev.tensafe.he.wire.GroupId;
import dev.tensafe.lora.weights.AdapterSlots;
import dev.tensafe.lora.weights.AdapterWeights;
import dev.tensafe.model.exec.AdapterLoad;
import dev.tensafe.model.exec.AdapterRows;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.model.shape.ProjectionKind;
import dev.tensafe.nativelib.lora.LowRankAdapter;
import dev.tensafe.nativelib.lora.LowRankBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Adds the deltas of the encrypted adapters of a step. The input of a group of projections is
 * encrypted and sent, before the base projections run or after them; then the answers are added.
 * Every sequence has a key of its own. Confined to the engine's thread.
 */
public final class EncryptedHook implements ForwardHook {
  private final LongFunction<@Nullable AdapterWeights> resident;
  private final EncryptedAdapters adapters;
  private final LowRankBatch products = new LowRankBatch();
  private final StepTools tools;
  private final boolean overlaps;
  private List<AdapterBatch> batches = List.of();
  private @Nullable GroupId joined;

  /**
   * @param resident what is in memory of an adapter, by its handle
   * @param overlaps whether adapter hosts compute while the base projections run; else these come
   *     first
   */
  public EncryptedHook(
      LongFunction<@Nullable AdapterWeights> resident,
      EncryptedAdapters adapters,
      boolean overlaps) {
    this.resident = resident;
    this.adapters = adapters;
    this.overlaps = overlaps;
    this.tools = new StepTools(adapters.tools(), new Scratch(), new AnswerCheck());
  }

  @Override
  public boolean start(StepRows rows) {
    List<AdapterBatch> step = new ArrayList<>();
    List<LowRankAdapter> bases = new ArrayList<>();
    List<int[]> rowsOf = new ArrayList<>();
    for (AdapterRows own : rows.byAdapter()) {
      if (resident.apply(own.handle()) instanceof PublicPart adapter) {
        own.sequences().forEach(rows::claim);
        int index = bases.size();
        step.add(new AdapterBatch(adapters, adapter, index, own, rows, tools));
        bases.add(adapter.basis());
        rowsOf.add(own.rows());
      }
    }
    batches = step;
    products.begin(bases, rowsOf);
    return !step.isEmpty();
  }

  private static GroupId id(ProjectionGroup group) {
    return new GroupId(group.layer(), group.kind().wireId());
  }

  @Override
  public boolean reads(ProjectionGroup group) {
    GroupId id = id(group);
    for (AdapterBatch batch : batches) {
      if (batch.reads(id)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean overlaps() {
    return overlaps;
  }

  @Override
  public void begin(ProjectionGroup group, RowMatrix x, StepRows rows) {
    GroupId id = id(group);
    joined = null;
    batches.forEach(batch -> batch.send(id, x));
  }

  @Override
  public void finish(Projection projection, RowMatrix y, StepRows rows) {
    GroupId id = new GroupId(projection.layer(), projection.kind().group().wireId());
    if (!id.equals(joined)) {
      joined = id;
      join(id, projection);
    }
    products.expand(AdapterSlots.of(projection), y.values(), y.columns());
  }

  private void join(GroupId id, Projection first) {
    int slots = 0;
    for (ProjectionKind kind : ProjectionKind.values()) {
      slots += kind.group() == first.kind().group() ? 1 : 0;
    }
    products.clear(AdapterSlots.of(first), slots);
    batches.forEach(batch -> batch.join(id, products));
  }

  @Override
  public AdapterLoad load(long adapter) {
    return resident.apply(adapter) instanceof PublicPart part
        ? new AdapterLoad(AdapterLoad.Kind.ENCRYPTED, part.groups().size())
        : AdapterLoad.BASE;
  }

  @Override
  public void stepped() {
    batches.forEach(AdapterBatch::stepped);
    batches = List.of();
  }

  @Override
  public void ended(long sequenceId) {
    adapters.ended(sequenceId);
  }
}
