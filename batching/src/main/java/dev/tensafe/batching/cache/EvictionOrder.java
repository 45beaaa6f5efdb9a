package dev.tensafe.batching.cache;

import java.util.Arrays;

/**
 * Blocks in the order in which they became evictable: a doubly linked list over block numbers, so
 * that each operation takes constant time. Confined to one thread.
 */
final class EvictionOrder {
  private static final int ABSENT = -1;

  /** Neighbours by block; the last index is the list's head. */
  private final int[] next;

  private final int[] previous;
  private final int head;
  private int size;

  EvictionOrder(int blocks) {
    next = new int[blocks + 1];
    previous = new int[blocks + 1];
    head = blocks;
    Arrays.fill(next, ABSENT);
    Arrays.fill(previous, ABSENT);
    next[head] = head;
    previous[head] = head;
  }

  int size() {
    return size;
  }

  /** Adds a block as the one to be evicted last. */
  void add(int block) {
    if (next[block] != ABSENT) {
      throw new IllegalStateException("block " + block + " is evictable already");
    }
    int last = previous[head];
    link(last, block);
    link(block, head);
    size++;
  }

  void remove(int block) {
    if (next[block] == ABSENT) {
      throw new IllegalStateException("block " + block + " is not evictable");
    }
    link(previous[block], next[block]);
    next[block] = ABSENT;
    previous[block] = ABSENT;
    size--;
  }

  /** Removes and returns the block that was added first. */
  int removeOldest() {
    int block = next[head];
    if (block == head) {
      throw new IllegalStateException("no block is evictable");
    }
    remove(block);
    return block;
  }

  private void link(int before, int after) {
    next[before] = after;
    previous[after] = before;
  }
}
