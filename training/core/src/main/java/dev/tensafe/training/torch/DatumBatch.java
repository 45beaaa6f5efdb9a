package dev.tensafe.training.torch;

import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.tensafe.training.data.MicroBatch;
import dev.tensafe.training.data.Row;
import dev.tensafe.training.loss.Datum;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Examples computed together, one a row.
 *
 * @param rows where targets are, indices into {@code [examples, length]}
 * @param labels the targets there
 */
record DatumBatch(List<Datum> data, MicroBatch batch, long[] rows, long[] labels) {
  static DatumBatch of(List<Datum> data) {
    List<Row> list = new ArrayList<>();
    for (Datum datum : data) {
      int[] labels = Arrays.stream(datum.targets()).mapToInt(v -> (int) v).toArray();
      int[] positions = IntStream.range(0, labels.length).toArray();
      list.add(new Row(datum.tokens(), labels, positions, new int[labels.length]));
    }
    MicroBatch batch = MicroBatch.of(list);
    long[] labels = batch.labels();
    long[] rows =
        IntStream.range(0, labels.length)
            .filter(i -> labels[i] != Row.IGNORED)
            .asLongStream()
            .toArray();
    return new DatumBatch(
        data, batch, rows, Arrays.stream(rows).map(i -> labels[(int) i]).toArray());
  }

  /** What a pass is given: tokens, positions, segments, rows and labels. */
  PtNDArray[] arguments(PtNDManager m) {
    return new PtNDArray[] {
      matrix(m, batch.tokens()),
      matrix(m, batch.positions()),
      matrix(m, batch.segments()),
      (PtNDArray) m.create(rows),
      (PtNDArray) m.create(labels)
    };
  }

  private PtNDArray matrix(PtNDManager m, long[] values) {
    return (PtNDArray) m.create(values, new Shape(batch.rows(), batch.length()));
  }

  /** A value a target as values of each example's positions; 0 where there is no target. */
  float[][] spread(float[] values) {
    float[][] out = new float[data.size()][];
    for (int i = 0; i < out.length; i++) {
      out[i] = new float[data.get(i).tokens().length];
    }
    for (int k = 0; k < rows.length; k++) {
      out[(int) rows[k] / batch.length()][(int) rows[k] % batch.length()] = values[k];
    }
    return out;
  }

  /** The other way round: the values where targets are. */
  float[] gather(float[][] values) {
    float[] out = new float[rows.length];
    for (int k = 0; k < out.length; k++) {
      out[k] = values[(int) rows[k] / batch.length()][(int) rows[k] % batch.length()];
    }
    return out;
  }
}
