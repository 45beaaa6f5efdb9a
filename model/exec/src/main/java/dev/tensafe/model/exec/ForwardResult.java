package dev.tensafe.model.exec;

import java.nio.FloatBuffer;
import java.util.Map;

/**
 * Logits of one step. Valid until the executor's next call: the memory is its own.
 *
 * @param logits float32 {@code [rows, vocab]}; rows in the order of the batch's sequences
 * @param firstRow per sequence the index of its first row (of {@link SequenceInput#logitRowCount})
 * @param failures sequences a hook failed, by index; their rows mean nothing
 */
public record ForwardResult(
    FloatBuffer logits, int vocabSize, int[] firstRow, Map<Integer, RuntimeException> failures) {
  public ForwardResult {
    failures = Map.copyOf(failures);
  }

  /** Copies one row of logits into {@code target[vocab]}. */
  public void copyRow(int row, float[] target) {
    logits.get(row * vocabSize, target, 0, vocabSize);
  }

  @Override
  public String toString() {
    return "ForwardResult[" + firstRow.length + " sequences]";
  }
}
