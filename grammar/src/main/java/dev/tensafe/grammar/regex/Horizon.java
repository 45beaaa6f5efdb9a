package dev.tensafe.grammar.regex;

import java.util.ArrayList;
import java.util.List;

/**
 * Expressions as a text of few bytes sees them: two that agree on every text shorter than that, and
 * on which texts up to it something may follow, become one. A repetition with more left than there
 * are bytes is one without end, and what lies behind that many bytes is left out. So the 500 states
 * of "up to 500 characters" differ for the last few only.
 */
final class Horizon {
  private final Regexes regexes;

  Horizon(Regexes regexes) {
    this.regexes = regexes;
  }

  /**
   * An expression with the same texts of fewer bytes, and the same beginnings of texts.
   *
   * @param length bytes of the longest text that is asked about
   */
  int of(int id, int length) {
    // a dead end need not show where "all of" and "not" are, and may be one because of what is left
    return regexes.plain(id) ? cut(id, length) : id;
  }

  /**
   * An expression with more texts: without what is taken away where all of several is asked for.
   * Most ways on are the same, as a name that is none of a list is soon like none of them.
   */
  int relaxed(int id) {
    if (regexes.plain(id)) {
      return id;
    }
    regexes.fuel().spend(1);
    Node node = regexes.node(id);
    if (node instanceof Node.Then t) {
      return regexes.then(relaxed(t.first()), t.rest());
    }
    if (node instanceof Node.Any a) {
      int[] parts = new int[a.of().size()];
      for (int i = 0; i < parts.length; i++) {
        parts[i] = relaxed(a.of().get(i));
      }
      return regexes.any(parts);
    }
    if (node instanceof Node.All a) {
      for (int i = 0; i < a.of().size(); i++) {
        if (regexes.plain(a.of().get(i))) {
          return a.of().get(i);
        }
      }
    }
    return id;
  }

  private int cut(int id, int length) {
    regexes.fuel().spend(1);
    Node node = regexes.node(id);
    if (node instanceof Node.Then) {
      return chain(id, length);
    }
    if (node instanceof Node.Any a) {
      int[] parts = new int[a.of().size()];
      for (int i = 0; i < parts.length; i++) {
        parts[i] = cut(a.of().get(i), length);
      }
      return regexes.any(parts);
    }
    if (node instanceof Node.Repeat r) {
      int min = Math.min(r.min(), length + 1);
      int max = r.max() > length ? Regexes.UNBOUNDED : r.max();
      return regexes.repeat(cut(r.of(), length), min, max);
    }
    return id;
  }

  private int chain(int id, int length) {
    List<Integer> parts = new ArrayList<>();
    int left = length;
    int rest = id;
    while (left > 0) {
      if (!(regexes.node(rest) instanceof Node.Then t)) {
        parts.add(cut(rest, left));
        break;
      }
      parts.add(cut(t.first(), left));
      left -= regexes.leastLength(t.first());
      rest = t.rest();
    }
    return regexes.sequence(parts.stream().mapToInt(Integer::intValue).toArray());
  }
}
