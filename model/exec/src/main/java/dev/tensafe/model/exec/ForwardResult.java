package dev.tensafe.model.exec;

import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Objects;

/**
 * Logits of one step. Valid until the executor's next call: the memory is its own.
 *
 * @param logits float32 {@code [rows, vocabSize]}, at most {@link RowMatrix#maxRows} rows, in the
 *     order of the batch's sequences; a direct buffer in the machine's byte order
 * @param firstRow per sequence the index of its first row (of {@link SequenceInput#logitRowCount})
 * @param failures sequences a hook failed, by index; their rows mean nothing
 */
public record ForwardResult(
    FloatBuffer logits, int vocabSize, int[] firstRow, Map<Integer, RuntimeException> failures) {
  public ForwardResult {
    if (vocabSize < 1 || logits.limit() % vocabSize != 0) {
      throw new IllegalArgumentException(logits.limit() + " logits are no rows of " + vocabSize);
    }
    failures = Map.copyOf(failures);
  }

  /** Rows of logits. */
  public int rows() {
    return logits.limit() / vocabSize;
  }

  /**
   * One row of logits where it lies: {@code [vocabSize]}. Who changes it puts back what was there.
   *
   * @throws IndexOutOfBoundsException when there is no such row
   */
  public FloatBuffer row(int row) {
    return logits.slice(Objects.checkIndex(row, rows()) * vocabSize, vocabSize);
  }

  @Override
  public String toString() {
    return "ForwardResult[" + firstRow.length + " sequences]";
  }
}
