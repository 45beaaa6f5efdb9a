package dev.tensafe.model.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.model.shape.ModelException;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class SerialUseTest {
  private final SerialUse use = new SerialUse();

  private String refusal() {
    return assertThrows(ModelException.class, use::begin).code();
  }

  @Test
  void aCallDuringAnotherOneIsRefused() {
    try (SerialUse.Turn turn = use.begin()) {
      assertEquals("model.executor_busy", refusal());
      assertEquals("model.executor_busy", assertThrows(ModelException.class, use::close).code());
    }
    use.begin().close();
  }

  @Test
  void nothingFollowsTheClose() {
    assertTrue(use.close());
    assertFalse(use.close());
    assertEquals("model.executor_closed", refusal());
  }

  @Test
  void twoThreadsNeverBothHaveTheTurn() throws Exception {
    int rounds = 20_000;
    int[] unguarded = {0};
    CyclicBarrier together = new CyclicBarrier(2);
    Callable<Integer> caller =
        () -> {
          together.await();
          int turns = 0;
          for (int i = 0; i < rounds; i++) {
            try (SerialUse.Turn turn = use.begin()) {
              unguarded[0]++;
              turns++;
            } catch (ModelException e) {
              assertEquals("model.executor_busy", e.code());
            }
          }
          return turns;
        };
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      Future<Integer> a = pool.submit(caller);
      Future<Integer> b = pool.submit(caller);
      assertEquals(a.get() + b.get(), unguarded[0]);
    } finally {
      pool.shutdownNow();
    }
  }
}
