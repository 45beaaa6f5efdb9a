package dev.tensafe.grammar.regex;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Bytes that no part of some expressions tells apart, as classes. Derivatives of the expressions
 * tell no more apart.
 */
final class ByteClasses {
  /** All bytes in one. */
  static final ByteClasses ONE = new ByteClasses(new int[256], 1);

  private final byte[] classOf = new byte[256];
  private final int[] representatives;

  private ByteClasses(int[] of, int count) {
    this.representatives = new int[count];
    for (int value = 255; value >= 0; value--) {
      classOf[value] = (byte) of[value];
      representatives[of[value]] = value;
    }
  }

  /** The classes of expressions and of all that they consist of. */
  static ByteClasses of(Regexes regexes, int... roots) {
    Set<ByteSet> sets = new HashSet<>();
    Set<Integer> seen = new HashSet<>();
    List<Integer> open = new ArrayList<>();
    for (int root : roots) {
      open.add(root);
    }
    while (!open.isEmpty()) {
      int id = open.remove(open.size() - 1);
      if (!seen.add(id)) {
        continue;
      }
      Node node = regexes.node(id);
      if (node instanceof Node.Bytes b) {
        sets.add(b.set());
      } else if (node instanceof Node.Then t) {
        open.add(t.first());
        open.add(t.rest());
      } else if (node instanceof Node.Any a) {
        addAll(open, a.of());
      } else if (node instanceof Node.All a) {
        addAll(open, a.of());
      } else if (node instanceof Node.Not n) {
        open.add(n.of());
      } else if (node instanceof Node.Repeat r) {
        open.add(r.of());
      } else if (node instanceof Node.Multiple) {
        sets.add(ByteSet.range('.', '.'));
        for (int digit = '0'; digit <= '9'; digit++) {
          sets.add(ByteSet.range(digit, digit));
        }
      }
    }
    regexes.fuel().spend(seen.size());
    return split(sets);
  }

  private static void addAll(List<Integer> open, Ids of) {
    for (int i = 0; i < of.size(); i++) {
      open.add(of.get(i));
    }
  }

  private static ByteClasses split(Set<ByteSet> sets) {
    ByteClasses all = ONE;
    for (ByteSet set : sets) {
      all = all.and(set);
    }
    return all;
  }

  /** Classes that a further set tells apart too. */
  ByteClasses and(ByteSet set) {
    Map<Integer, Integer> numbers = new HashMap<>();
    int[] next = new int[256];
    for (int value = 0; value < 256; value++) {
      int both = of(value) * 2 + (set.has(value) ? 1 : 0);
      Integer number = numbers.putIfAbsent(both, numbers.size());
      next[value] = number == null ? numbers.size() - 1 : number;
    }
    return numbers.size() == count() ? this : new ByteClasses(next, numbers.size());
  }

  int count() {
    return representatives.length;
  }

  /** The class of a byte value 0 … 255. */
  int of(int value) {
    return classOf[value] & 0xff;
  }

  /** The lowest byte value of a class. */
  int representative(int number) {
    return representatives[number];
  }
}
