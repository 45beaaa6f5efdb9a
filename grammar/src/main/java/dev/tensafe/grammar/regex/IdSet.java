package dev.tensafe.grammar.regex;

import java.util.Arrays;

/** Ids collected, to be had ascending and each once. Confined to one method. */
final class IdSet {
  private int[] of;
  private int size;

  IdSet(int room) {
    this.of = new int[Math.max(4, room)];
  }

  void add(int id) {
    if (size == of.length) {
      of = Arrays.copyOf(of, size * 2);
    }
    of[size++] = id;
  }

  void addAll(Ids ids) {
    for (int i = 0; i < ids.size(); i++) {
      add(ids.get(i));
    }
  }

  int[] ascending() {
    Arrays.sort(of, 0, size);
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (i == 0 || of[i] != of[i - 1]) {
        of[kept++] = of[i];
      }
    }
    size = kept;
    return Arrays.copyOf(of, kept);
  }
}
