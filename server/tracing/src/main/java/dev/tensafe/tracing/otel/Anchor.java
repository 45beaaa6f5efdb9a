package dev.tensafe.tracing.otel;

import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/**
 * Puts monotonic times on the clock's scale. All spans of a trace in this process share one: so the
 * clock may be set meanwhile, and none of them turns negative.
 *
 * @param offset nanoseconds since 1970, less {@link System#nanoTime}
 */
record Anchor(long offset) {
  static Anchor now(InstantSource clock) {
    Instant now = clock.instant();
    return new Anchor(
        TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano() - System.nanoTime());
  }

  /** Nanoseconds since 1970. */
  long epoch(long nanos) {
    return offset + nanos;
  }
}
