package dev.tensafe.he.client;

import dev.tensafe.model.exec.RowMatrix;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The inputs of a batch, gathered anew for every group: the batch's own rows of the step and, at an
 * index among them, the probe's. An <em>input</em> counts the probe, an <em>own row</em> does not.
 * Confined to the engine's thread.
 */
final class BatchInputs {
  private final PublicPart adapter;
  private final int index;
  private final int[] rows;
  private final @Nullable Probe probe;
  private final Scratch scratch;

  /** [inputs], ‖x‖₂ of the group that was gathered last. */
  private double[] norms = new double[0];

  /**
   * @param index of the adapter in the step
   * @param rows of the step, in order
   */
  BatchInputs(PublicPart adapter, int index, int[] rows, @Nullable Probe probe, Scratch scratch) {
    this.adapter = adapter;
    this.index = index;
    this.rows = rows;
    this.probe = probe;
    this.scratch = scratch;
  }

  int count() {
    return rows.length + (probe == null ? 0 : 1);
  }

  /** The probe, if an input is its; else null. */
  @Nullable Probe probe(int input) {
    return probe != null && probe.row() == input ? probe : null;
  }

  /** The own row of an input that is no probe's. */
  int ownRow(int input) {
    return probe != null && input > probe.row() ? input - 1 : input;
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
    int from = 0;
    for (int i = 0; i < count; i++) {
      Probe known = probe(i);
      if (known != null) {
        known.put(adapter, group, inputs, i * columns);
      } else {
        inputs.put(i * columns, x.values(), rows[from++] * columns, columns);
      }
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
