package dev.tensafe.batching.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class BlockPoolTest {
  @Test
  void refusesToGiveWhatItHasNotAndToTakeBackWhatItHolds() {
    BlockPool pool = new BlockPool(2);
    int a = pool.take();
    int b = pool.take();
    assertEquals(1, a + b);
    assertThrows(IllegalStateException.class, pool::take);
    pool.release(new int[] {a});
    assertThrows(IllegalStateException.class, () -> pool.release(new int[] {a}));
    assertEquals(1, pool.free());
  }
}
