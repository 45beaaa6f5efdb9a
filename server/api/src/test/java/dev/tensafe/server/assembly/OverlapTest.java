package dev.tensafe.server.assembly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.transport.Address;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The base model and adapter hosts work at the same time if they do not want the same cores. */
class OverlapTest {
  private static final Address HERE = Address.parse("unix:/run/he.sock");
  private static final Address ELSEWHERE = Address.parse("tls://he.example:8443");

  private static final Processors ALL_OF_TWO = new Processors(2, 2);

  @Test
  void aHostOnTheSameCoresComesAfterTheProjections() {
    assertFalse(Overlap.pays(List.of(), 2, ALL_OF_TWO));
    assertFalse(Overlap.pays(List.of(HERE), 2, ALL_OF_TWO));
    assertFalse(Overlap.pays(List.of(HERE), 8, ALL_OF_TWO));
  }

  @Test
  void aHostWithCoresOfItsOwnWorksBesideThem() {
    assertTrue(Overlap.pays(List.of(HERE), 1, ALL_OF_TWO));
    assertTrue(Overlap.pays(List.of(ELSEWHERE), 2, ALL_OF_TWO));
    assertTrue(Overlap.pays(List.of(HERE, ELSEWHERE), 2, ALL_OF_TWO));
  }

  @Test
  void aProcessThatIsPinnedLeavesCoresToItsHost() {
    assertTrue(Overlap.pays(List.of(HERE), 1, new Processors(1, 2)));
    assertFalse(
        Overlap.pays(List.of(), 1, new Processors(1, 2)), "a host in this process is pinned too");
  }

  @Test
  void processorsAreCountedAsTheKernelListsThem() {
    assertEquals(1, Processors.count("0"));
    assertEquals(6, Processors.count("0-3,8,10"));
    assertThrows(NumberFormatException.class, () -> Processors.count(""));
    Processors here = Processors.ofThisMachine();
    assertTrue(here.usable() >= 1 && here.online() >= here.usable());
  }
}
