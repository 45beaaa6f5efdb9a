package dev.tensafe.he.client;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.wire.Frame;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** An answer that is awaited by one thread and completed by another, once. */
final class Pending {
  private final Thread waiter = Thread.currentThread();
  private @Nullable Frame frame;
  private @Nullable RuntimeException failure;
  private volatile boolean done;

  /** Completes it with an answer, after its head. */
  void complete(Frame answer) {
    frame = answer;
    done = true;
    LockSupport.unpark(waiter);
  }

  void fail(RuntimeException reason) {
    failure = reason;
    done = true;
    LockSupport.unpark(waiter);
  }

  /** Whether {@link #await} returns at once. */
  boolean isDone() {
    return done;
  }

  /**
   * Waits; for the thread that made this.
   *
   * @param deadline on {@link System#nanoTime}'s scale
   * @throws HeException {@code he.timeout}, or what it failed with
   */
  Frame await(long deadline) {
    while (!done) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        throw new HeException(Reason.TIMEOUT, "the adapter host did not answer in time");
      }
      LockSupport.parkNanos(this, left);
    }
    Frame answer = frame;
    if (answer == null) {
      throw failure == null ? new IllegalStateException("no answer and no failure") : failure;
    }
    return answer;
  }
}
