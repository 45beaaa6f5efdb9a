package dev.tensafe.he.transport;

import dev.tensafe.he.wire.Frame;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A channel whose receivers can have a deadline. A thread that computes, and only waits for the
 * answer to what it sent, reads it itself: waking another thread for it would take longer than the
 * answer. A short wait is spent looking again and again.
 */
abstract class TimedChannel implements FrameChannel {
  /** How long a receiver without a deadline keeps away after one with a deadline. */
  private static final long AWAY_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final long spinNanos;

  /** Held by the thread that receives. */
  private final ReentrantLock receiving = new ReentrantLock();

  /** Receivers with a deadline. */
  private final AtomicInteger timed = new AtomicInteger();

  private volatile long keptAwayUntil = System.nanoTime();

  /**
   * @param spinNanos to look for a frame before the thread sleeps
   */
  TimedChannel(long spinNanos) {
    this.spinNanos = spinNanos;
  }

  /** The next frame if all of it is there. Called by one thread at a time. */
  abstract @Nullable Frame next(int maxPayload) throws IOException;

  /** Whether no frame will come any more. Called by one thread at a time. */
  abstract boolean isEnded();

  /**
   * Sleeps until something may have come, {@link #wake} or {@link #close} was called, or the time
   * is over.
   */
  abstract void sleep(long nanos) throws IOException;

  /** Ends the sleep of another thread, or the next one. */
  abstract void wake();

  @Override
  public final boolean timed() {
    return true;
  }

  @Override
  public final @Nullable Frame receive(int maxPayload) throws IOException {
    while (true) {
      keepAway();
      receiving.lock();
      try {
        long start = System.nanoTime();
        while (timed.get() == 0) {
          Frame frame = next(maxPayload);
          if (frame != null || isEnded()) {
            return frame;
          }
          pause(start, Long.MAX_VALUE);
        }
      } finally {
        receiving.unlock();
      }
    }
  }

  private void keepAway() throws IOException {
    long left = keptAwayUntil - System.nanoTime();
    while (timed.get() > 0 || left > 0) {
      requireNotInterrupted();
      LockSupport.parkNanos(this, Math.max(left, AWAY_NANOS));
      left = keptAwayUntil - System.nanoTime();
    }
  }

  @Override
  public final @Nullable Frame receive(int maxPayload, long deadlineNanos) throws IOException {
    timed.incrementAndGet();
    try {
      if (!enter(deadlineNanos)) {
        return null;
      }
      try {
        return await(maxPayload, deadlineNanos);
      } finally {
        receiving.unlock();
      }
    } finally {
      keptAwayUntil = System.nanoTime() + AWAY_NANOS;
      timed.decrementAndGet();
    }
  }

  private boolean enter(long deadlineNanos) throws IOException {
    if (receiving.tryLock()) {
      return true;
    }
    wake();
    try {
      // it leaves at once, unless it is just given a frame
      long least = TimeUnit.MILLISECONDS.toNanos(1);
      long left = Math.max(least, deadlineNanos - System.nanoTime());
      return receiving.tryLock(left, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
  }

  private @Nullable Frame await(int maxPayload, long deadlineNanos) throws IOException {
    long start = System.nanoTime();
    while (true) {
      Frame frame = next(maxPayload);
      if (frame != null) {
        return frame;
      }
      if (isEnded()) {
        throw new EOFException("the other side ended the connection");
      }
      long left = deadlineNanos - System.nanoTime();
      if (left <= 0) {
        return null;
      }
      pause(start, left);
    }
  }

  private void pause(long start, long left) throws IOException {
    if (System.nanoTime() - start < spinNanos) {
      Thread.onSpinWait();
    } else {
      requireNotInterrupted();
      sleep(left);
    }
  }

  /** An interrupted thread does not sleep. */
  static void requireNotInterrupted() throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException();
    }
  }
}
