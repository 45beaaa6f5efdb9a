package dev.tensafe.batching.engine;

/** A monotonic clock; injected so that no test waits. */
@FunctionalInterface
public interface Ticker {
  /** Nanoseconds since an arbitrary moment. */
  long nanos();

  /** The system's monotonic clock. */
  static Ticker system() {
    return System::nanoTime;
  }
}
