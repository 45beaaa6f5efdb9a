package dev.tensafe.server.structured;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Threads that make masks, for tenants in rotation. A task that takes long says so at {@link
 * #pause}. From then on it is in nobody's way: another may begin in its place, and those that take
 * long share one processor, each tenant for as long as the next. Thread-safe.
 */
final class MaskWorkers implements AutoCloseable {
  /** Tasks of one tenant that take long; with so many, none of its others begins. */
  static final int MOST_SLOW = 8;

  private final int most;
  private final ThreadPoolExecutor threads;
  private static final ThreadLocal<@Nullable Task> CURRENT = new ThreadLocal<>();

  /** Whose tasks take long and run now: the first in line. */
  private final ReentrantLock slowLane = new ReentrantLock(true);

  /** Those with tasks, the one whose turn is next first. */
  @GuardedBy("this")
  private final Map<String, Tenant> tenants = new LinkedHashMap<>();

  /** Tasks that run and do not take long. */
  @GuardedBy("this")
  private int quick;

  @GuardedBy("this")
  private boolean closed;

  /**
   * @param most tasks that run at a time, besides one that takes long
   */
  MaskWorkers(int most) {
    this.most = most;
    AtomicInteger count = new AtomicInteger();
    this.threads =
        new ThreadPoolExecutor(
            most,
            Integer.MAX_VALUE,
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> {
              Thread thread = new Thread(task, "masks-" + count.getAndIncrement());
              thread.setDaemon(true);
              return thread;
            });
  }

  private static final class Tenant {
    final Queue<Task> waiting = new ArrayDeque<>();
    final Lock slowLane = new ReentrantLock(true);
    int running;
    int slow;
  }

  private final class Task implements Runnable {
    final String name;
    final Tenant tenant;
    final Runnable work;
    boolean slow;
    boolean inLane;

    Task(String name, Tenant tenant, Runnable work) {
      this.name = name;
      this.tenant = tenant;
      this.work = work;
    }

    @Override
    public void run() {
      CURRENT.set(this);
      try {
        work.run();
      } finally {
        CURRENT.remove();
        leaveLane();
        ended(this);
      }
    }

    void enterLane() throws InterruptedException {
      tenant.slowLane.lockInterruptibly();
      try {
        slowLane.lockInterruptibly();
        inLane = true;
      } finally {
        if (!inLane) {
          tenant.slowLane.unlock();
        }
      }
    }

    void leaveLane() {
      if (inLane) {
        inLane = false;
        slowLane.unlock();
        tenant.slowLane.unlock();
      }
    }
  }

  /** Runs what one tenant needs, in its order. */
  Executor of(String tenant) {
    return work -> {
      enter(tenant, work);
      startAll();
    };
  }

  private synchronized void enter(String name, Runnable work) {
    Tenant tenant = tenants.computeIfAbsent(name, unused -> new Tenant());
    tenant.waiting.add(new Task(name, tenant, work));
  }

  private void startAll() {
    for (Task task = next(); task != null; task = next()) {
      threads.execute(task);
    }
  }

  private synchronized @Nullable Task next() {
    if (closed || quick == most) {
      return null;
    }
    for (Iterator<Tenant> i = tenants.values().iterator(); i.hasNext(); ) {
      Tenant tenant = i.next();
      Task task = tenant.slow < MOST_SLOW ? tenant.waiting.poll() : null;
      if (task != null) {
        i.remove();
        tenants.put(task.name, tenant);
        tenant.running++;
        quick++;
        return task;
      }
    }
    return null;
  }

  private void ended(Task task) {
    synchronized (this) {
      Tenant tenant = task.tenant;
      tenant.running--;
      if (task.slow) {
        tenant.slow--;
      } else {
        quick--;
      }
      if (tenant.running == 0 && tenant.waiting.isEmpty()) {
        tenants.remove(task.name);
      }
    }
    startAll();
  }

  /**
   * To be called by a task every few milliseconds of its work: makes way for others, and returns
   * when it may go on. Elsewhere than in a task it does nothing.
   *
   * @throws CancellationException when the workers are closed
   */
  void pause() {
    Task task = CURRENT.get();
    if (task == null) {
      return;
    }
    if (task.slow) {
      task.leaveLane();
    } else {
      synchronized (this) {
        task.slow = true;
        task.tenant.slow++;
        quick--;
      }
      startAll();
    }
    try {
      task.enterLane();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("the server is stopping");
    }
  }

  /** Ends what takes long; what waits never begins. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    threads.shutdownNow();
  }
}
