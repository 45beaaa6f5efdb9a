package dev.tensafe.he.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.nativelib.ckks.Pads;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of one adapter for one T: the one that lanes are bound to, and the one after it, which
 * is prepared before the other is used up. Thread-safe.
 */
final class Blocks implements AutoCloseable {
  private final int tokens;

  @GuardedBy("this")
  private @Nullable Block current;

  @GuardedBy("this")
  private @Nullable Block next;

  @GuardedBy("this")
  private boolean closed;

  /**
   * @param tokens T
   */
  Blocks(int tokens) {
    this.tokens = tokens;
  }

  int tokens() {
    return tokens;
  }

  /** A block with one more lane bound to it, or null if none is ready. */
  synchronized @Nullable Block bind() {
    Block known = current;
    if (known != null && known.bind()) {
      return known;
    }
    Block after = next;
    if (after == null || !after.isReady()) {
      return null;
    }
    if (known != null) {
      known.retire();
    }
    current = after;
    next = null;
    return after.bind() ? after : null;
  }

  /** Whether a lane can be bound now. */
  synchronized boolean isReady() {
    return (current != null && current.lanesLeft() > 0) || (next != null && next.isReady());
  }

  /** Whether the next block should be prepared. */
  synchronized boolean isLow() {
    boolean low = current == null || current.lanesLeft() < Pads.lanes(tokens) / 4;
    return !closed && low && next == null;
  }

  /** A block was announced. */
  synchronized void add(Block block) {
    if (closed || next != null) {
      block.retire();
    } else {
      next = block;
    }
  }

  /** Gives up a block that did not come. */
  synchronized void abandon() {
    if (next != null && !next.isReady()) {
      next.retire();
      next = null;
    }
  }

  /** Retires all; what lanes still use is wiped with the last of them. */
  @Override
  public synchronized void close() {
    closed = true;
    if (current != null) {
      current.retire();
      current = null;
    }
    if (next != null) {
      next.retire();
      next = null;
    }
  }
}
