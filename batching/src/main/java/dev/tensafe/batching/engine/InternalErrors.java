package dev.tensafe.batching.engine;

import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs and counts what should not happen. Exceptions are handed to the log as they are: the
 * product's log formats show classes and places, never messages of foreign exceptions. Thread-safe.
 */
final class InternalErrors {
  private static final Logger LOG = LoggerFactory.getLogger(InternalErrors.class);

  private final AtomicLong count = new AtomicLong();

  /**
   * @param where what was being done, without anything of a request
   */
  void report(String where, Throwable error) {
    count.incrementAndGet();
    LOG.error("internal error in {}", where, error);
  }

  /**
   * As the other, of one output: what the log says of it is said as its listener has it.
   *
   * @param where what was being done, without anything of a request
   */
  void report(GenerationListener about, String where, Throwable error) {
    about.during(() -> report(where, error));
  }

  /** Errors since the engine was made. */
  long count() {
    return count.get();
  }
}
