package dev.tensafe.he.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which lane each sequence of an adapter has in a session: one at a time, and no other sequence
 * ever has it. The engine's thread asks; any thread may end the use. Thread-safe.
 */
final class LaneBook implements AutoCloseable {
  private final LaneSupply supply;
  private final Retirement retirement;

  @GuardedBy("this")
  private final Map<Long, Lane> lanes = new HashMap<>();

  /** Used up in the step that is under way. */
  @GuardedBy("this")
  private final List<Lane> spent = new ArrayList<>();

  @GuardedBy("this")
  private boolean closed;

  LaneBook(LaneSupply supply, Retirement retirement) {
    this.supply = supply;
    this.retirement = retirement;
  }

  /**
   * The lane for a sequence's next tokens: the one it has, while that has positions left; else
   * another one, with pads if possible.
   *
   * @param rows that the sequence has left in the step
   * @return null if there is none, because no key is spare
   */
  @Nullable Lane next(long sequence, int rows) {
    Lane has = find(sequence);
    PadSet pads = has == null ? null : has.pads();
    if (pads != null && pads.left() > 0) {
      return has;
    }
    Lane next = supply.padded(rows);
    if (next == null) {
      if (has != null && pads == null) {
        return has;
      }
      next = supply.plain();
    }
    if (next != null) {
      if (has != null) {
        spend(has);
      }
      put(sequence, next);
    }
    return next;
  }

  private synchronized @Nullable Lane find(long sequence) {
    return lanes.get(sequence);
  }

  private void put(long sequence, Lane lane) {
    synchronized (this) {
      if (!closed) {
        lanes.put(sequence, lane);
        return;
      }
    }
    retirement.retire(lane);
    throw new IllegalStateException("the adapter is closed");
  }

  private synchronized void spend(Lane lane) {
    spent.add(lane);
  }

  /** A step is over: lanes that were used up in it can go. */
  void stepped() {
    List<Lane> gone;
    synchronized (this) {
      if (spent.isEmpty()) {
        return;
      }
      gone = List.copyOf(spent);
      spent.clear();
    }
    gone.forEach(this::retire);
  }

  /** A sequence needs its lane no more; between two steps. */
  void ended(long sequence) {
    Lane had;
    synchronized (this) {
      had = lanes.remove(sequence);
    }
    if (had != null) {
      retire(had);
    }
  }

  private void retire(Lane lane) {
    supply.returned(lane);
    retirement.retire(lane);
  }

  /** Retires all lanes. */
  @Override
  public synchronized void close() {
    closed = true;
    lanes.values().forEach(this::retire);
    lanes.clear();
    spent.forEach(this::retire);
    spent.clear();
  }
}
