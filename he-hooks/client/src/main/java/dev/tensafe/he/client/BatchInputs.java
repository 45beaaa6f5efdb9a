package dev.tensafe.he.client;

import dev.tensafe.model.exec.RowMatrix;
import java.nio.FloatBuffer;

/**
 * The inputs of a batch, gathered anew for every group: the batch's own rows of the step. Confined
 * to the engine's thread.
 */
final class BatchInputs {
  private final int index;
  private final int[] rows;
  private final Scratch scratch;

  /** [inputs], ‖x‖₂ of the group that was gathered last. */
  private double[] norms = new double[0];

  /**
   * @param index of the adapter in the step
   * @param rows of the step, in order
   */
  BatchInputs(int index, int[] rows, Scratch scratch) {
    this.index = index;
    this.rows = rows;
    this.scratch = scratch;
  }

  int count() {
    return rows.length;
  }

  /** ‖x‖₂ of an input. */
  double norm(int input) {
    return norms[input];
  }

  /**
   * Gathers the inputs of a group and takes their norms.
   *
   * @param x [rows of the step][d]
   * @return [inputs][d] from index 0 on; overwritten when any batch gathers again
   */
  FloatBuffer gather(PublicGroup group, RowMatrix x) {
    int columns = group.columns();
    if (x.columns() != columns) {
      throw new IllegalStateException(x.columns() + " columns where " + columns + " are due");
    }
    int count = count();
    FloatBuffer inputs = scratch.inputs((long) count * columns);
    norms = scratch.norms(index, count);
    for (int i = 0; i < count; i++) {
      inputs.put(i * columns, x.values(), rows[i] * columns, columns);
      double squares = 0;
      for (int j = 0; j < columns; j++) {
        double value = inputs.get(i * columns + j);
        squares += value * value;
      }
      norms[i] = Math.sqrt(squares);
    }
    return inputs;
  }
}
