package dev.tensafe.server.assembly;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.transport.Address;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The base model and adapter hosts work at the same time if they do not want the same cores. */
class OverlapTest {
  private static final Address HERE = Address.parse("unix:/run/he.sock");
  private static final Address ELSEWHERE = Address.parse("tls://he.example:8443");

  @Test
  void aHostOnTheSameCoresComesAfterTheProjections() {
    assertFalse(Overlap.pays(List.of(), 2, 2));
    assertFalse(Overlap.pays(List.of(HERE), 2, 2));
    assertFalse(Overlap.pays(List.of(HERE), 8, 2));
  }

  @Test
  void aHostWithCoresOfItsOwnWorksBesideThem() {
    assertTrue(Overlap.pays(List.of(HERE), 1, 2));
    assertTrue(Overlap.pays(List.of(ELSEWHERE), 2, 2));
    assertTrue(Overlap.pays(List.of(HERE, ELSEWHERE), 2, 2));
  }
}
