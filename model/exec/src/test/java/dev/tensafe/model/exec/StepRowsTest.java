package dev.tensafe.model.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Rows of adapters, whatever the order their sequences are laid out in. */
class StepRowsTest {
  private static SequenceInput input(long adapter, int tokens) {
    return new SequenceInput(
        1, "", adapter, new int[tokens], 0, 1, new int[] {0}, SequenceInput.LogitRows.NONE);
  }

  @Test
  void anAdapterHasTheRowsOfAllItsSequences() {
    ForwardBatch batch =
        new ForwardBatch(
            List.of(input(9, 2), input(SequenceInput.BASE, 3), input(-4, 1), input(9, 1)));
    // rows: sequence 3 at 0, sequence 1 at 1–3, sequence 0 at 4–5, sequence 2 at 6
    StepRows rows = new StepRows(batch, new int[] {3, 1, 0, 2});
    List<AdapterRows> adapters = rows.byAdapter();
    assertEquals(2, adapters.size());
    assertEquals(-4, adapters.get(0).handle());
    assertEquals(List.of(2), adapters.get(0).sequences());
    assertArrayEquals(new int[] {6}, adapters.get(0).rows());
    assertEquals(9, adapters.get(1).handle());
    assertEquals(List.of(0, 3), adapters.get(1).sequences());
    assertArrayEquals(new int[] {0, 4, 5}, adapters.get(1).rows());
    assertSame(adapters, rows.byAdapter(), "computed once");
  }

  @Test
  void theBaseModelAloneHasNoAdapters() {
    StepRows rows =
        new StepRows(new ForwardBatch(List.of(input(SequenceInput.BASE, 2))), new int[] {0});
    assertEquals(List.of(), rows.byAdapter());
  }
}
