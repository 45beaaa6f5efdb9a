package dev.tensafe.model.shape;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Numbers that stand in messages and slots: they never change. */
class ProjectionKindTest {
  @Test
  void projectionsKeepTheirNumbers() {
    assertEquals(
        List.of("0 Q", "1 K", "2 V", "3 O", "4 GATE", "5 UP", "6 DOWN"),
        Stream.of(ProjectionKind.values()).map(k -> k.wireId() + " " + k).toList());
    assertEquals(ProjectionKind.values().length, ProjectionKind.PER_LAYER);
    assertEquals(3 * 7 + 5, new Projection(3, ProjectionKind.UP, 8, 8).slot());
  }

  @Test
  void groupsKeepTheirNumbers() {
    assertEquals(
        List.of("0 QKV", "1 O", "2 GATE_UP", "3 DOWN"),
        Stream.of(ProjectionKind.GroupKind.values()).map(k -> k.wireId() + " " + k).toList());
  }
}
