package dev.tensafe.he.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Lanes of one length that are bound ahead, and that no sequence has yet. Thread-safe. */
final class LaneStock {
  private final int tokens;

  @GuardedBy("this")
  private final Deque<Lane> lanes = new ArrayDeque<>();

  @GuardedBy("this")
  private boolean closed;

  /**
   * @param tokens T of their blocks
   */
  LaneStock(int tokens) {
    this.tokens = tokens;
  }

  int tokens() {
    return tokens;
  }

  /** The lane that was bound first, for the caller alone; null if there is none. */
  synchronized @Nullable Lane poll() {
    return lanes.poll();
  }

  /** Whether it has fewer lanes than this, and may have them. */
  synchronized boolean isBelow(int target) {
    return !closed && lanes.size() < target;
  }

  /** Takes a lane; false if it is closed. */
  synchronized boolean add(Lane lane) {
    return !closed && lanes.add(lane);
  }

  /** Takes all lanes out, for the caller to retire. */
  synchronized Deque<Lane> drain() {
    Deque<Lane> all = new ArrayDeque<>(lanes);
    lanes.clear();
    return all;
  }

  /** As {@link #drain}; it takes no more. */
  synchronized Deque<Lane> close() {
    closed = true;
    return drain();
  }

  /** Positions whose pads are made, over all groups. */
  synchronized int ready() {
    int sum = 0;
    for (Lane lane : lanes) {
      PadSet pads = lane.pads();
      sum += pads == null ? 0 : pads.ready();
    }
    return sum;
  }
}
