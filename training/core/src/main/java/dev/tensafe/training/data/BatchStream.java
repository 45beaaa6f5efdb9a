package dev.tensafe.training.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Micro-batches of a dataset, epoch after epoch without end. The order depends on seed and epoch
 * only, so a stream that is put at a position goes on as one that got there by itself. For one
 * thread.
 */
public final class BatchStream {
  private final Dataset dataset;
  private final RowBuilder builder;
  private final int rowsPerBatch;
  private final long seed;
  private List<MicroBatch> batches = List.of();
  private int epoch = -1;
  private int index;

  /**
   * @param rowsPerBatch rows of a micro-batch; an epoch's last one may have fewer
   */
  public BatchStream(Dataset dataset, RowBuilder builder, int rowsPerBatch, long seed) {
    this.dataset = dataset;
    this.builder = builder;
    this.rowsPerBatch = rowsPerBatch;
    this.seed = seed;
    seek(0, 0);
  }

  /** All micro-batches of a dataset in its own order. */
  public static List<MicroBatch> inOrder(Dataset dataset, RowBuilder builder, int rowsPerBatch) {
    return batches(builder.rows(dataset.examples()), rowsPerBatch);
  }

  /** The next micro-batch. */
  public MicroBatch next() {
    if (index == batches.size()) {
      seek(epoch + 1, 0);
    }
    return batches.get(index++);
  }

  /** Epochs begun before the one the last micro-batch came from. */
  public int epoch() {
    return epoch;
  }

  /** Micro-batches taken from this epoch. */
  public int index() {
    return index;
  }

  /** Micro-batches of this epoch. */
  public int size() {
    return batches.size();
  }

  /** Goes to a position that {@link #epoch} and {@link #index} told. */
  public void seek(int toEpoch, int toIndex) {
    if (toEpoch != epoch) {
      List<Example> order = new ArrayList<>(dataset.examples());
      Random random = new Random(seed ^ (0x9e3779b97f4a7c15L * (toEpoch + 1)));
      Collections.shuffle(order, random);
      List<Row> rows = new ArrayList<>(builder.rows(order));
      Collections.shuffle(rows, random);
      batches = batches(rows, rowsPerBatch);
      epoch = toEpoch;
    }
    if (toIndex < 0 || toIndex > batches.size()) {
      throw new IllegalArgumentException(toIndex + " of " + batches.size() + " micro-batches");
    }
    index = toIndex;
  }

  private static List<MicroBatch> batches(List<Row> rows, int rowsPerBatch) {
    List<MicroBatch> out = new ArrayList<>();
    for (int from = 0; from < rows.size(); from += rowsPerBatch) {
      out.add(MicroBatch.of(rows.subList(from, Math.min(rows.size(), from + rowsPerBatch))));
    }
    return out;
  }
}
