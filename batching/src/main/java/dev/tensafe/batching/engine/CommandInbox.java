package dev.tensafe.batching.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;

/**
 * Commands of all threads for the engine's one, in order. Open until {@link #close}. One lock
 * decides whether a command is accepted and enqueues it: what was accepted is either taken or
 * handed out by {@code close}, so no command is lost, whichever thread is first. Thread-safe.
 */
final class CommandInbox {
  @GuardedBy("this")
  private List<Runnable> commands = new ArrayList<>();

  @GuardedBy("this")
  private boolean closed;

  @GuardedBy("this")
  private boolean woken;

  /** Enqueues a command; false when the inbox is closed and the command will never run. */
  synchronized boolean offer(Runnable command) {
    if (closed) {
      return false;
    }
    commands.add(command);
    notifyAll();
    return true;
  }

  /**
   * Takes all commands there are.
   *
   * @param wait whether to wait for the first one, until {@link #wake}
   */
  synchronized List<Runnable> take(boolean wait) throws InterruptedException {
    while (wait && commands.isEmpty() && !woken) {
      wait();
    }
    return drain();
  }

  /** Makes {@link #take} return at once, now and from now on. */
  synchronized void wake() {
    woken = true;
    notifyAll();
  }

  /** Accepts nothing more; returns what was accepted and not taken. */
  synchronized List<Runnable> close() {
    closed = true;
    return drain();
  }

  @GuardedBy("this")
  private List<Runnable> drain() {
    if (commands.isEmpty()) {
      return List.of();
    }
    List<Runnable> taken = commands;
    commands = new ArrayList<>();
    return taken;
  }
}
