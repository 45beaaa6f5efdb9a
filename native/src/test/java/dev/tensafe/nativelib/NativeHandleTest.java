package dev.tensafe.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class NativeHandleTest {
  private static final class Thing extends NativeHandle {
    Thing(LongConsumer free) {
      super(4096, free);
    }

    Lease use() {
      return lease();
    }
  }

  private final AtomicInteger freed = new AtomicInteger();

  private Thing thing() {
    AtomicInteger count = freed;
    return new Thing(address -> count.addAndGet(address == 4096 ? 1 : 1000));
  }

  @Test
  void closedOnceAndNotUsableAfter() {
    Thing thing = thing();
    try (NativeHandle.Lease lease = thing.use()) {
      assertEquals(4096, lease.address());
    }
    assertEquals("Thing[open]", thing.toString());
    thing.close();
    thing.close();
    assertEquals(1, freed.get());
    assertTrue(thing.isClosed());
    assertEquals("Thing[closed]", thing.toString());
    IllegalStateException e = assertThrows(IllegalStateException.class, thing::use);
    assertEquals("Thing is closed", e.getMessage());
  }

  @Test
  @Timeout(30)
  void aCallThatRunsKeepsItAliveAndFreesItAtItsEnd() throws Exception {
    Thing thing = thing();
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    AtomicInteger during = new AtomicInteger(-1);
    Thread user =
        new Thread(
            () -> {
              try (NativeHandle.Lease lease = thing.use()) {
                inside.countDown();
                closed.await();
                during.set(freed.get());
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    user.start();
    inside.await();
    thing.close();
    assertThrows(IllegalStateException.class, thing::use);
    closed.countDown();
    user.join();
    assertEquals(0, during.get());
    assertEquals(1, freed.get());
  }

  @Test
  @Timeout(60)
  void aForgottenOneIsFreedWhenCollected() {
    AtomicInteger count = new AtomicInteger();
    for (int i = 0; i < 100; i++) {
      assertFalse(new Thing(address -> count.incrementAndGet()).isClosed());
    }
    while (count.get() < 100) {
      System.gc();
      Thread.onSpinWait();
    }
    assertEquals(100, count.get());
  }

  @Test
  void addressZeroIsNoObject() {
    assertThrows(
        IllegalArgumentException.class,
        () -> {
          new NativeHandle(0, a -> {}) {};
        });
  }
}
