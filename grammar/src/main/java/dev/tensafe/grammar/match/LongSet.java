package dev.tensafe.grammar.match;

import java.util.Arrays;

/** A set of numbers, none of them −1. Confined to one thread. */
final class LongSet {
  private static final long FREE = -1;

  private long[] slots = new long[64];
  private int size;

  LongSet() {
    Arrays.fill(slots, FREE);
  }

  /** Adds a number; false when it was there. */
  boolean add(long value) {
    if (size * 2 >= slots.length) {
      long[] old = slots;
      slots = new long[old.length * 2];
      Arrays.fill(slots, FREE);
      for (long v : old) {
        if (v != FREE) {
          slots[slot(v)] = v;
        }
      }
    }
    int at = slot(value);
    if (slots[at] == value) {
      return false;
    }
    slots[at] = value;
    size++;
    return true;
  }

  /** Where a number is, or would be. */
  private int slot(long value) {
    long mixed = value * 0x9e3779b97f4a7c15L;
    int at = (int) (mixed >>> 32) & (slots.length - 1);
    while (slots[at] != FREE && slots[at] != value) {
      at = (at + 1) & (slots.length - 1);
    }
    return at;
  }
}
