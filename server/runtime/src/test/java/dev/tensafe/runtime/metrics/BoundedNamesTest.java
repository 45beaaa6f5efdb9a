package dev.tensafe.runtime.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BoundedNamesTest {
  @Test
  void theFirstHaveTheirOwnValueAndTheOthersOneTogether() {
    BoundedNames names = new BoundedNames(3);
    Set<String> values = new HashSet<>();
    for (int i = 0; i < 100_000; i++) {
      values.add(names.label("n" + i));
    }
    assertEquals(Set.of("n0", "n1", "n2", "_other"), values);
    assertEquals("n1", names.label("n1"), "whoever has a value keeps it");
  }

  @Test
  void forgottenNamesMakeRoom() {
    BoundedNames names = new BoundedNames(1);
    assertEquals("a", names.label("a"));
    assertFalse(names.forget("b"));
    assertTrue(names.forget("a"));
    assertEquals("b", names.label("b"));
    assertEquals("_other", names.label("a"));
  }

  @Test
  void nobodyIsCalledLikeTheOthers() {
    BoundedNames names = new BoundedNames(1);
    assertEquals("_other", names.label("_other"));
    assertEquals("a", names.label("a"), "and nobody's place is taken by it");
  }
}
