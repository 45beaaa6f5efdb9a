package dev.tensafe.he.host;

import dev.tensafe.nativelib.IdlePriority;
import dev.tensafe.nativelib.ckks.Rerandomizer;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/**
 * Does ahead what does not depend on any input, in a thread that runs only when a core would be
 * idle: fills the sessions' pools of what re-randomises answers, and makes blocks of pads and the
 * noise of lanes. Thread-safe.
 */
final class PoolFiller implements AutoCloseable {
  private static final int AT_ONCE = 4;

  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final List<Pool> pools = new CopyOnWriteArrayList<>();
  private final Thread thread;
  private volatile boolean closed;

  private record Pool(Rerandomizer rerandomizer, int capacity) {}

  PoolFiller() {
    thread = new Thread(this::run, "he-pool");
    thread.setDaemon(true);
    thread.start();
  }

  void add(Rerandomizer rerandomizer, int capacity) {
    pools.add(new Pool(rerandomizer, capacity));
    wake();
  }

  void remove(Rerandomizer rerandomizer) {
    pools.removeIf(p -> p.rerandomizer() == rerandomizer);
  }

  /** Has something done when there is time. */
  void submit(Runnable task) {
    tasks.add(task);
    wake();
  }

  /** Something was taken. */
  void wake() {
    LockSupport.unpark(thread);
  }

  /** What is ready in the pools, over all sessions. */
  int level() {
    int sum = 0;
    for (Pool pool : pools) {
      try {
        sum += pool.rerandomizer().level();
      } catch (IllegalStateException e) {
        // its session has just ended
      }
    }
    return sum;
  }

  int capacity() {
    return pools.stream().mapToInt(Pool::capacity).sum();
  }

  private void run() {
    IdlePriority.apply();
    while (!closed) {
      boolean added = false;
      Runnable task = tasks.poll();
      if (task != null) {
        try {
          task.run();
        } catch (IllegalStateException e) {
          // its session or its adapter has just ended
        }
        added = true;
      }
      for (Pool pool : pools) {
        try {
          added |= pool.rerandomizer().fill(AT_ONCE) > 0;
        } catch (IllegalStateException e) {
          remove(pool.rerandomizer());
        }
      }
      if (!added) {
        LockSupport.park(this);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    wake();
  }
}
