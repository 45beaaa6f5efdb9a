package dev.tensafe.formats.peft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.FormatException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers that stand in messages between programs of different versions. */
class LoraTargetTest {
  @Test
  void inputsKeepTheirNumbersAndNames() {
    assertEquals(
        List.of("0 qkv", "1 o", "2 gate_up", "3 down"),
        Stream.of(LoraTarget.Input.values()).map(i -> i.wireId() + " " + i.label()).toList());
    for (LoraTarget.Input input : LoraTarget.Input.values()) {
      assertEquals(input, LoraTarget.Input.ofWireId(input.wireId()));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 4, 255, Integer.MAX_VALUE})
  void anUnknownNumberIsRefused(int id) {
    FormatException e = assertThrows(FormatException.class, () -> LoraTarget.Input.ofWireId(id));
    assertEquals("peft.input", e.code());
    assertTrue(e.getMessage().contains(" " + id + ";"), e.getMessage());
  }
}
