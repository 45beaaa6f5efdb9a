package dev.tensafe.model.exec;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class SequenceInputTest {
  private static SequenceInput input(int... tokens) {
    return new SequenceInput(
        4, "", SequenceInput.BASE, tokens, 0, 1, new int[] {0}, SequenceInput.LogitRows.LAST);
  }

  @Test
  void itsTextNeverShowsTokens() {
    assertFalse(input(987654).toString().contains("987654"));
  }

  @Test
  void aRunHasAtLeastOneToken() {
    assertThrows(IllegalArgumentException.class, SequenceInputTest::input);
  }
}
