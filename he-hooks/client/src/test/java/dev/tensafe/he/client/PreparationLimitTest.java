package dev.tensafe.he.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.tssp.keys.KeyId;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A model host stays below what adapter hosts prepare: 4 × used + 65,536 positions. */
class PreparationLimitTest {
  private final AtomicLong nanos = new AtomicLong();
  private final PreparationLimit limit = new PreparationLimit(nanos::get);

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

  @Test
  void afterARefusalOnlyUseEarnsMore() {
    limit.pause();
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(31));
    assertFalse(limit.isPaused());
    assertEquals(0, prepare(false));
    limit.use(320);
    assertEquals(960, prepare(false));
  }

  @Test
  void aNewSessionWithTheSameHostHasNoNewLimit() {
    PreparationLimits limits = new PreparationLimits();
    KeyId host = new KeyId("a".repeat(64));
    assertSame(limits.of("adapter", host), limits.of("adapter", host));
    assertNotSame(limits.of("adapter", host), limits.of("another", host));
    assertNotSame(limits.of("adapter", host), limits.of("adapter", new KeyId("b".repeat(64))));
  }
}
