package dev.tensafe.model.exec;

import static dev.tensafe.model.exec.SequenceInput.LogitRows.ALL;
import static dev.tensafe.model.exec.SequenceInput.LogitRows.LAST;
import static dev.tensafe.model.exec.SequenceInput.LogitRows.NONE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Rows that are asked for, and rows that come back. */
class ForwardResultTest {
  @Test
  void aRowIsSeenWhereItLiesAndARowThatIsNotThereIsRefused() {
    int vocab = 1 << 16;
    float[] logits = new float[2 * vocab];
    logits[vocab] = 3;
    ForwardResult result =
        new ForwardResult(FloatBuffer.wrap(logits), vocab, new int[] {0}, Map.of());
    FloatBuffer row = result.row(1);
    assertEquals(vocab, row.remaining());
    assertEquals(3, row.get(0));
    row.put(1, 4);
    assertEquals(4, logits[vocab + 1]);
    assertThrows(IndexOutOfBoundsException.class, () -> result.row(2));
    assertThrows(IndexOutOfBoundsException.class, () -> result.row(-1));
    // 2¹⁶ rows of 2¹⁶ logits are 0 in an int
    assertThrows(IndexOutOfBoundsException.class, () -> result.row(1 << 16));
  }

  @Test
  void aMatrixIsNotMeasuredInIntegersThatOverflow() {
    FloatBuffer none = FloatBuffer.allocate(0);
    assertThrows(IllegalArgumentException.class, () -> new RowMatrix(none, 1 << 16, 1 << 16));
    assertEquals(4095, RowMatrix.maxRows(131_072));
  }

  @Test
  void asManyLogitsAsAskedFor() {
    assertArrayEquals(
        new int[] {0, 1, 3, 4}, new int[] {rows(NONE), rows(LAST), rows(last(3)), rows(ALL)});
    assertEquals(LAST, last(1));
    assertThrows(IllegalArgumentException.class, () -> last(0));
    assertThrows(IllegalArgumentException.class, () -> rows(last(5)));
  }

  private static SequenceInput.LogitRows last(int rows) {
    return SequenceInput.LogitRows.last(rows);
  }

  private static int rows(SequenceInput.LogitRows logits) {
    return input(logits).logitRowCount();
  }

  private static SequenceInput input(SequenceInput.LogitRows logits) {
    return new SequenceInput(
        1, "request-1", SequenceInput.BASE, new int[4], 0, 4, new int[] {0}, logits);
  }

  @Test
  void hooksSeeWhichRequestASequenceBelongsTo() {
    StepRows rows = new StepRows(new ForwardBatch(List.of(input(NONE))), new int[] {0});
    assertEquals("request-1", rows.requestId(0));
  }
}
