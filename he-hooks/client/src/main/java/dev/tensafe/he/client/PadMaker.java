package dev.tensafe.he.client;

import dev.tensafe.nativelib.IdlePriority;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes pads in a thread that runs only when a core would be idle. Thread-safe. */
final class PadMaker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PadMaker.class);

  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private final Thread thread;

  PadMaker() {
    thread = new Thread(this::run, "he-pads");
    thread.setDaemon(true);
    thread.start();
  }

  void submit(Runnable task) {
    tasks.add(task);
  }

  private void run() {
    IdlePriority.apply();
    while (!Thread.currentThread().isInterrupted()) {
      try {
        tasks.take().run();
      } catch (InterruptedException e) {
        return;
      } catch (IllegalStateException e) {
        // its session has just ended
      } catch (RuntimeException e) {
        LOG.error("pads cannot be made", e);
      }
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
