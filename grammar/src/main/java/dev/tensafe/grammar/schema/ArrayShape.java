package dev.tensafe.grammar.schema;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Arrays of one form.
 *
 * @param prefix conditions of the first items
 * @param rest condition of all further ones
 * @param min items at least
 * @param max items at most; {@link #UNBOUNDED} for no end
 * @param contains what a number of items have to be
 * @param unique whether no two items may be equal
 * @param evaluated items that a keyword has looked at, from the first on; {@link #UNBOUNDED} for
 *     all
 * @param where place to name in errors
 */
record ArrayShape(
    List<Formula> prefix,
    Formula rest,
    int min,
    int max,
    Set<Contains> contains,
    boolean unique,
    int evaluated,
    String where) {
  static final int UNBOUNDED = Integer.MAX_VALUE;

  /** Every array. */
  static final ArrayShape ANY =
      new ArrayShape(List.of(), Formula.Truth.TRUE, 0, UNBOUNDED, Set.of(), false, 0, "");

  /**
   * From one item on, a number of them are so.
   *
   * @param max {@link #UNBOUNDED} for no end
   */
  record Contains(int from, Formula formula, int min, int max) {}

  /** The condition of one item. */
  Formula at(int index) {
    return index < prefix.size() ? prefix.get(index) : rest;
  }

  ArrayShape withLengths(int least, int most) {
    return new ArrayShape(prefix, rest, least, most, contains, unique, evaluated, where);
  }

  ArrayShape withItems(List<Formula> first, Formula others, int looked) {
    return new ArrayShape(first, others, min, max, contains, unique, looked, where);
  }

  ArrayShape with(Contains more) {
    Set<Contains> all = new LinkedHashSet<>(contains);
    all.add(more);
    return new ArrayShape(prefix, rest, min, max, all, unique, evaluated, where);
  }

  ArrayShape with(boolean uniqueToo, String place) {
    return new ArrayShape(prefix, rest, min, max, contains, uniqueToo, evaluated, place);
  }

  /** Arrays of both forms. */
  ArrayShape and(ArrayShape other) {
    List<Formula> first = new ArrayList<>();
    for (int i = 0; i < Math.max(prefix.size(), other.prefix.size()); i++) {
      first.add(Formula.all(at(i), other.at(i)));
    }
    Set<Contains> both = new LinkedHashSet<>(contains);
    both.addAll(other.contains);
    int least = Math.max(min, other.min);
    int most = Math.min(max, other.max);
    return new ArrayShape(
        first,
        Formula.all(rest, other.rest),
        least,
        most,
        both,
        unique || other.unique,
        Math.max(evaluated, other.evaluated),
        where.isEmpty() ? other.where : where);
  }

  /** Items that there can be at most, seen that some positions allow nothing. */
  int longest() {
    for (int i = 0; i < prefix.size(); i++) {
      if (prefix.get(i).equals(Formula.Truth.FALSE)) {
        return Math.min(max, i);
      }
    }
    return rest.equals(Formula.Truth.FALSE) ? Math.min(max, prefix.size()) : max;
  }

  /** Arrays of any other form, as several. */
  List<ArrayShape> not() {
    List<ArrayShape> others = new ArrayList<>();
    if (min > 0) {
      others.add(ANY.withLengths(0, min - 1));
    }
    if (max < UNBOUNDED) {
      others.add(ANY.withLengths(max + 1, UNBOUNDED));
    }
    for (int i = 0; i < prefix.size(); i++) {
      if (!prefix.get(i).equals(Formula.Truth.TRUE)) {
        List<Formula> first = new ArrayList<>();
        for (int before = 0; before < i; before++) {
          first.add(Formula.Truth.TRUE);
        }
        first.add(Formula.not(prefix.get(i)));
        others.add(ANY.withItems(first, Formula.Truth.TRUE, 0).withLengths(i + 1, UNBOUNDED));
      }
    }
    if (!rest.equals(Formula.Truth.TRUE)) {
      others.add(ANY.with(new Contains(prefix.size(), Formula.not(rest), 1, UNBOUNDED)));
    }
    for (Contains c : contains) {
      if (c.min() > 0) {
        others.add(ANY.with(new Contains(c.from(), c.formula(), 0, c.min() - 1)));
      }
      if (c.max() < UNBOUNDED) {
        others.add(ANY.with(new Contains(c.from(), c.formula(), c.max() + 1, UNBOUNDED)));
      }
    }
    return others;
  }
}
