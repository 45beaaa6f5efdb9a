package dev.tensafe.he.client;

import java.util.concurrent.atomic.AtomicLong;

/** The memory that the pads of one adapter may take in a session. Thread-safe. */
final class PadMemory {
  private final AtomicLong left;

  PadMemory(long limit) {
    this.left = new AtomicLong(limit);
  }

  /** Takes memory, if there is enough. */
  boolean reserve(long bytes) {
    if (left.addAndGet(-bytes) >= 0) {
      return true;
    }
    left.addAndGet(bytes);
    return false;
  }

  /** Gives back what was reserved. */
  void release(long bytes) {
    left.addAndGet(bytes);
  }
}
