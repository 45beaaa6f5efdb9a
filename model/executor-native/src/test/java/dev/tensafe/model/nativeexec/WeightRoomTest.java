package dev.tensafe.model.nativeexec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.model.shape.ModelException;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Weights that the machine has no room for are refused before one is read. */
class WeightRoomTest {
  @Test
  void weightsAreRefusedWhereTheMachineHasNoRoom() {
    NativeExecutor.requireRoom(5 << 20, OptionalLong.of(5 << 20));
    NativeExecutor.requireRoom(5 << 20, OptionalLong.empty());
    ModelException error =
        assertThrows(
            ModelException.class,
            () -> NativeExecutor.requireRoom(5 << 20, OptionalLong.of(4 << 20)));
    assertEquals("model.no_memory", error.code());
    assertTrue(error.description().contains("5 MiB, and 4 MiB are free"), error.description());
  }
}
