package dev.tensafe.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class NativeLibraryTest {
  @Test
  void anotherPlatformIsRefusedByName() {
    NativeException e =
        assertThrows(NativeException.class, () -> NativeLibrary.load("Windows 11", "riscv64"));
    assertEquals("native.unsupported_platform", e.code());
    assertTrue(e.description().contains("Windows 11"), e.description());
    assertTrue(e.description().contains("riscv64"), e.description());
  }

  @Test
  void loadingTwiceDoesNothing() {
    NativeLibrary.ensureLoaded();
    NativeLibrary.ensureLoaded();
  }
}
