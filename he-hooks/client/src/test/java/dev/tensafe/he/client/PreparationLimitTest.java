package dev.tensafe.he.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** A model host stays below what adapter hosts prepare: 4 × used + 65,536 positions. */
class PreparationLimitTest {
  private final PreparationLimit limit = new PreparationLimit();

  private int prepare(boolean ahead) {
    int count = 0;
    while (limit.prepare(32, ahead)) {
      count += 32;
    }
    return count;
  }

  @Test
  void whatIsMadeAheadLeavesRoomForSequencesThatAreThere() {
    int ahead = prepare(true);
    int more = prepare(false);
    assertTrue(ahead > 0 && more > 0);
    assertTrue(ahead + more <= 65_536 / 2);
    assertFalse(limit.prepare(32, true));
    limit.use(32_000);
    // three for each token that was used
    assertEquals(96_000, prepare(false));
  }

  @Test
  void aRefusalStopsAllOfIt() {
    limit.pause();
    assertTrue(limit.isPaused());
    assertFalse(limit.prepare(32, false));
    assertFalse(limit.prepare(32, true));
  }
}
