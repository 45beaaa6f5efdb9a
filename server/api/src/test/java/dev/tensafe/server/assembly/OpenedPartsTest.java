package dev.tensafe.server.assembly;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpenedPartsTest {
  private final List<String> closed = new ArrayList<>();
  private final OpenedParts parts = new OpenedParts();
  private final IllegalStateException first = new IllegalStateException("first");
  private final AssertionError second = new AssertionError("second");

  private void add(String name) {
    parts.add(() -> closed.add(name));
  }

  private void addFailing(String name, Throwable failure) {
    parts.add(
        () -> {
          closed.add(name);
          if (failure instanceof Error error) {
            throw error;
          }
          throw (RuntimeException) failure;
        });
  }

  @Test
  void closesInReverseAndOnce() {
    add("a");
    add("b");
    add("c");
    parts.close();
    parts.close();
    assertEquals(List.of("c", "b", "a"), closed);
  }

  @Test
  void closesAllWhenSomeFail() {
    add("a");
    addFailing("b", second);
    addFailing("c", first);
    add("d");
    assertSame(first, assertThrows(IllegalStateException.class, parts::close));
    assertEquals(List.of("d", "c", "b", "a"), closed);
    assertArrayEquals(new Throwable[] {second}, first.getSuppressed());
  }

  @Test
  void theFailureThatCausedItStaysTheFirst() {
    add("a");
    addFailing("b", second);
    parts.closeAfter(first);
    assertEquals(List.of("b", "a"), closed);
    assertArrayEquals(new Throwable[] {second}, first.getSuppressed());
  }
}
