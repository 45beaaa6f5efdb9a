package dev.tensafe.he.client;

import dev.tensafe.nativelib.ckks.LanePads;
import dev.tensafe.nativelib.ckks.SecretKey;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The pads of one lane, for all groups of an adapter. They are made ahead of their use, from the
 * last group to the first, or on first use, from the first to the last: whoever is there first
 * wins, and what the other made is wiped unused. So the engine's thread never waits for one that
 * runs only when a core is idle.
 *
 * <p>The engine's thread takes positions and uses pads. Any thread may make and close.
 */
final class PadSet implements AutoCloseable {
  private final Block block;
  private final SecretKey key;
  private final AtomicReferenceArray<LanePads> made;
  private volatile boolean closed;

  /** The first position that nobody has. */
  private int next;

  /**
   * @param block with the lane bound to it
   * @param key of the lane
   * @param groups of the adapter
   */
  PadSet(Block block, SecretKey key, int groups) {
    this.block = block;
    this.key = key;
    this.made = new AtomicReferenceArray<>(groups);
  }

  Block block() {
    return block;
  }

  /** Positions that nobody has. */
  int left() {
    return block.tokens() - next;
  }

  /**
   * Takes positions, in every group; nobody gets them again.
   *
   * @param count at most {@link #left}
   * @return the first
   */
  int take(int count) {
    if (count < 1 || count > left()) {
      throw new IllegalArgumentException(count + " positions of " + left());
    }
    int first = next;
    next += count;
    return first;
  }

  /** The pads of a group. */
  LanePads of(int group) {
    LanePads known = made.get(group);
    return known == null ? make(group) : known;
  }

  private LanePads make(int group) {
    LanePads mine = LanePads.make(block.group(group), key);
    if (!made.compareAndSet(group, null, mine)) {
      mine.close();
    }
    LanePads known = made.get(group);
    if (closed || known == null) {
      wipe(group);
      throw new IllegalStateException("the lane is closed");
    }
    return known;
  }

  /** Makes what is not there yet. */
  void makeAhead() {
    for (int group = made.length() - 1; group >= 0 && !closed; group--) {
      of(group);
    }
  }

  /** Positions of a lane nobody has, whose pads are made, over all groups. */
  int ready() {
    int groups = 0;
    for (int group = 0; group < made.length(); group++) {
      groups += made.get(group) == null ? 0 : 1;
    }
    return groups * block.tokens();
  }

  private void wipe(int group) {
    LanePads known = made.getAndSet(group, null);
    if (known != null) {
      known.close();
    }
  }

  /** Wipes all of them. */
  @Override
  public void close() {
    closed = true;
    for (int group = 0; group < made.length(); group++) {
      wipe(group);
    }
  }
}
