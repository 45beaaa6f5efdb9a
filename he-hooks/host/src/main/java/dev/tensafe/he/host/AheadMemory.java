package dev.tensafe.he.host;

import java.util.concurrent.atomic.AtomicLong;

/** The memory of what is made ahead for lanes, over all sessions. Thread-safe. */
final class AheadMemory {
  private final long most;
  private final AtomicLong held = new AtomicLong();

  /**
   * @param most bytes beyond which nothing is made ahead
   */
  AheadMemory(long most) {
    this.most = most;
  }

  boolean isFull() {
    return held.get() >= most;
  }

  void add(long bytes) {
    held.addAndGet(bytes);
  }

  /** Bytes held. */
  long held() {
    return held.get();
  }
}
