package dev.tensafe.he.host;

import org.jspecify.annotations.Nullable;

/**
 * Lanes by their numbers, without an object for a look-up: open addressing, at most half full.
 * Confined to one thread.
 */
final class LaneTable {
  private static final int SMALLEST = 64;

  private @Nullable HostLane[] slots = new HostLane[SMALLEST];
  private int size;

  int size() {
    return size;
  }

  @Nullable HostLane get(long id) {
    return slots[slot(id)];
  }

  /**
   * @param lane whose number is not in the table
   */
  void put(HostLane lane) {
    if (2 * (size + 1) > slots.length) {
      grow();
    }
    slots[slot(lane.id())] = lane;
    size++;
  }

  /** Takes a lane out; null if it is not there. */
  @Nullable HostLane remove(long id) {
    int at = slot(id);
    HostLane removed = slots[at];
    if (removed == null) {
      return null;
    }
    size--;
    // those behind it move up to where they would be found
    int hole = at;
    for (int i = next(at); ; i = next(i)) {
      HostLane lane = slots[i];
      if (lane == null) {
        slots[hole] = null;
        return removed;
      }
      int home = home(lane.id());
      boolean between = hole <= i ? hole < home && home <= i : hole < home || home <= i;
      if (!between) {
        slots[hole] = lane;
        hole = i;
      }
    }
  }

  /** Of every lane. */
  interface Action {
    void accept(HostLane lane);
  }

  void forEach(Action action) {
    for (HostLane lane : slots) {
      if (lane != null) {
        action.accept(lane);
      }
    }
  }

  private void grow() {
    @Nullable HostLane[] before = slots;
    slots = new HostLane[2 * before.length];
    for (HostLane lane : before) {
      if (lane != null) {
        slots[slot(lane.id())] = lane;
      }
    }
  }

  /** Where a lane is, or would be put. */
  private int slot(long id) {
    int at = home(id);
    for (HostLane lane = slots[at]; lane != null && lane.id() != id; lane = slots[at]) {
      at = next(at);
    }
    return at;
  }

  private int home(long id) {
    return Long.hashCode(id * 0x9e3779b97f4a7c15L) & (slots.length - 1);
  }

  private int next(int at) {
    return (at + 1) & (slots.length - 1);
  }
}
