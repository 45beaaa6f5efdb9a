package dev.tensafe.he.host;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Does what a model host waits for before it can use an adapter at all: its first blocks of pads
 * and its tags. Unlike the {@link PoolFiller}'s, this thread also gets on while every core is busy.
 * Thread-safe.
 */
final class SetupThread implements AutoCloseable {
  private final ThreadPoolExecutor thread =
      new ThreadPoolExecutor(
          1,
          1,
          1,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          task -> {
            Thread made = new Thread(task, "he-setup");
            made.setDaemon(true);
            return made;
          });

  SetupThread() {
    thread.allowCoreThreadTimeOut(true);
  }

  /** Has something done soon. */
  void submit(Runnable task) {
    try {
      thread.execute(
          () -> {
            try {
              task.run();
            } catch (IllegalStateException e) {
              // its session or its adapter has just ended
            }
          });
    } catch (RejectedExecutionException e) {
      // the host has just ended
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
