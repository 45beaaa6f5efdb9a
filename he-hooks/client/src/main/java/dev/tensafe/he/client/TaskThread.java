package dev.tensafe.he.client;

import dev.tensafe.nativelib.IdlePriority;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs tasks of sessions one after the other in a thread of its own. Thread-safe. */
final class TaskThread implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TaskThread.class);

  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private final Thread thread;

  private TaskThread(String name, Runnable first) {
    thread =
        new Thread(
            () -> {
              first.run();
              run();
            },
            name);
    thread.setDaemon(true);
    thread.start();
  }

  /** One like any other. */
  static TaskThread normal(String name) {
    return new TaskThread(name, () -> {});
  }

  /** One that runs only when a core would be idle. */
  static TaskThread idle(String name) {
    return new TaskThread(name, IdlePriority::apply);
  }

  void submit(Runnable task) {
    tasks.add(task);
  }

  private void run() {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        tasks.take().run();
      } catch (InterruptedException e) {
        return;
      } catch (IllegalStateException e) {
        LOG.debug("its session has just ended: {}", e.toString());
      } catch (RuntimeException e) {
        LOG.error("what a session needs cannot be made", e);
      }
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
