package dev.tensafe.he.client;

import java.util.concurrent.TimeUnit;

/**
 * The pause of a link before it connects again: twice as long after every attempt, up to a limit,
 * and short again after a session that lasted. Confined to the link's thread.
 */
final class RetryPause {
  private final long firstMillis;
  private final long mostMillis;
  private long nextMillis;

  RetryPause(LinkConfig config) {
    this.firstMillis = config.retryMillis();
    this.mostMillis = config.maxRetryMillis();
    this.nextMillis = firstMillis;
  }

  /**
   * The pause after an attempt.
   *
   * @param nanos from its beginning to the end of its session, if there was one
   */
  long afterAttempt(long nanos) {
    long pause = nanos > TimeUnit.MILLISECONDS.toNanos(mostMillis) ? firstMillis : nextMillis;
    nextMillis = Math.min(2 * pause, mostMillis);
    return pause;
  }
}
