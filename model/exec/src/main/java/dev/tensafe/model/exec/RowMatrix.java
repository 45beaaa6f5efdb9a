package dev.tensafe.model.exec;

import java.nio.FloatBuffer;

/**
 * A row-major float32 matrix in the executor's own memory, valid only during the call it is passed
 * to. Element {@code (row, column)} is at index {@code row·columns + column} of {@link #values()}.
 *
 * @param values live memory, native byte order; what a hook writes is what the forward pass reads
 */
public record RowMatrix(FloatBuffer values, int rows, int columns) {
  public RowMatrix {
    if (values.remaining() != (long) rows * columns) {
      throw new IllegalArgumentException(
          values.remaining() + " values are not " + rows + " × " + columns);
    }
  }

  /**
   * The most rows one matrix can have: a buffer's bytes are counted by an {@code int}, so it ends
   * below 2 GiB.
   *
   * @param columns at least one
   */
  public static int maxRows(int columns) {
    return Integer.MAX_VALUE / Float.BYTES / columns;
  }

  /** Shape only: activations are as secret as the prompts they come from. */
  @Override
  public String toString() {
    return "RowMatrix[" + rows + " × " + columns + "]";
  }
}
