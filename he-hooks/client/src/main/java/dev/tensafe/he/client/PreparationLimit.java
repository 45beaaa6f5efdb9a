package dev.tensafe.he.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How many positions of pads may be prepared for one adapter at one adapter host. The host prepares
 * at most {@value #HOST_FACTOR} times what is used of them and {@value #HOST_ADVANCE} more, over
 * all sessions; this side stays below it, so that no evaluation is refused for it. Should the host
 * refuse all the same (another model host has the same account), nothing is prepared for a while,
 * and then only what use has earned since. Thread-safe.
 */
final class PreparationLimit {
  private static final int HOST_FACTOR = 4;
  private static final int HOST_ADVANCE = 65_536;

  /** Of the positions for a sequence that is there. */
  private static final int FACTOR = HOST_FACTOR - 1;

  private static final int ADVANCE = HOST_ADVANCE / 2;

  /** Of those made ahead. */
  private static final int AHEAD_FACTOR = 2;

  private static final int AHEAD_ADVANCE = HOST_ADVANCE / 4;

  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final LongSupplier nanos;

  @GuardedBy("this")
  private long prepared;

  @GuardedBy("this")
  private long used;

  @GuardedBy("this")
  private boolean paused;

  @GuardedBy("this")
  private long pausedSince;

  /**
   * @param nanos a clock as {@link System#nanoTime}
   */
  PreparationLimit(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /**
   * Counts positions as prepared, if they may be.
   *
   * @param ahead whether nobody needs them yet
   */
  synchronized boolean prepare(int positions, boolean ahead) {
    long most = ahead ? AHEAD_FACTOR * used + AHEAD_ADVANCE : FACTOR * used + ADVANCE;
    if (isPaused() || prepared + positions > most) {
      return false;
    }
    prepared += positions;
    return true;
  }

  /** Counts tokens of the group that has had most of them. */
  synchronized void use(int tokens) {
    used += tokens;
  }

  /** The adapter host has refused to prepare more. */
  synchronized void pause() {
    paused = true;
    pausedSince = nanos.getAsLong();
    prepared = Math.max(prepared, FACTOR * used + ADVANCE);
  }

  synchronized boolean isPaused() {
    if (paused && nanos.getAsLong() - pausedSince > PAUSE_NANOS) {
      paused = false;
    }
    return paused;
  }
}
