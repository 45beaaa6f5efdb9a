package dev.tensafe.grammar.regex;

import java.util.Arrays;

/** Ids of parts in a row, collected. Confined to one method. */
final class IdList {
  private int[] of = new int[8];
  private int size;

  /** Adds one that is not the empty text, which changes nothing in a row. */
  void add(int id) {
    if (id == Regexes.EMPTY) {
      return;
    }
    if (size == of.length) {
      of = Arrays.copyOf(of, size * 2);
    }
    of[size++] = id;
  }

  boolean isEmpty() {
    return size == 0;
  }

  int[] toArray() {
    return Arrays.copyOf(of, size);
  }
}
