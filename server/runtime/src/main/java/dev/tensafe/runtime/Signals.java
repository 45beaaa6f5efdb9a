package dev.tensafe.runtime;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Turns SIGTERM and SIGINT into a request to stop; the second one aborts the process. */
public final class Signals {
  private final CountDownLatch first = new CountDownLatch(1);
  private final AtomicInteger count = new AtomicInteger();

  /** Takes both signals over. */
  public Signals() {
    Interrupts.take(signal -> receive(), "TERM", "INT");
  }

  /**
   * Takes SIGHUP over, which would end the process.
   *
   * @param task run on a thread of the JVM each time
   */
  public static void onHangup(Runnable task) {
    Interrupts.take(signal -> task.run(), "HUP");
  }

  private void receive() {
    if (count.incrementAndGet() == 1) {
      first.countDown();
    } else {
      Runtime.getRuntime().halt(1);
    }
  }

  /** Waits for the first signal. */
  public void await() {
    try {
      first.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether there was one. */
  public boolean received() {
    return count.get() > 0;
  }
}
