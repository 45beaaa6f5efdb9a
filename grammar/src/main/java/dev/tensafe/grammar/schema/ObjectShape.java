package dev.tensafe.grammar.schema;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Objects of one form.
 *
 * @param named conditions of single properties, in the order in which they are written
 * @param required names that have to be there, all of them in {@code named}
 * @param rules conditions of all properties, named ones too, whose name is of a language
 * @param some what there has to be a property of
 * @param min properties at least
 * @param max properties at most; {@link ArrayShape#UNBOUNDED} for no end
 * @param evaluated language of the names that a keyword has looked at
 * @param where place to name in errors
 */
record ObjectShape(
    Map<String, Formula> named,
    Set<String> required,
    Set<Rule> rules,
    Set<Rule> some,
    int min,
    int max,
    Set<Integer> evaluated,
    String where) {
  /** Every object. */
  static final ObjectShape ANY =
      new ObjectShape(
          Map.of(), Set.of(), Set.of(), Set.of(), 0, ArrayShape.UNBOUNDED, Set.of(), "");

  /**
   * A condition of properties.
   *
   * @param names language of names, as they are written with their quotation marks
   * @param except some names that are not of it, so that they need not be looked up
   */
  record Rule(int names, Set<String> except, Formula formula) {
    Rule(int names, Formula formula) {
      this(names, Set.of(), formula);
    }

    /** The same names, and the contrary. */
    Rule not() {
      return new Rule(names, except, Formula.not(formula));
    }
  }

  ObjectShape {
    named = Collections.unmodifiableMap(new LinkedHashMap<>(named));
  }

  ObjectShape with(String name, Formula formula, boolean needed) {
    Map<String, Formula> more = new LinkedHashMap<>(named);
    more.merge(name, formula, Formula::all);
    Set<String> names = required;
    if (needed && !required.contains(name)) {
      names = new LinkedHashSet<>(required);
      names.add(name);
    }
    return new ObjectShape(more, names, rules, some, min, max, evaluated, where);
  }

  /** With these properties and no others named. */
  ObjectShape withNamed(Map<String, Formula> properties, Collection<String> needed) {
    return new ObjectShape(
        properties, new LinkedHashSet<>(needed), rules, some, min, max, evaluated, where);
  }

  ObjectShape with(Rule rule) {
    return new ObjectShape(named, required, plus(rules, rule), some, min, max, evaluated, where);
  }

  ObjectShape withSome(Rule rule) {
    return new ObjectShape(named, required, rules, plus(some, rule), min, max, evaluated, where);
  }

  ObjectShape withCounts(int least, int most, String place) {
    return new ObjectShape(named, required, rules, some, least, most, evaluated, place);
  }

  /** Adds a language of names that were looked at. */
  ObjectShape looked(int names) {
    return new ObjectShape(named, required, rules, some, min, max, plus(evaluated, names), where);
  }

  private static <T> Set<T> plus(Set<T> set, T more) {
    Set<T> all = new LinkedHashSet<>(set);
    all.add(more);
    return all;
  }

  private static <T> Set<T> both(Set<T> a, Set<T> b) {
    if (a.isEmpty() || b.isEmpty()) {
      return a.isEmpty() ? b : a;
    }
    Set<T> all = new LinkedHashSet<>(a);
    all.addAll(b);
    return all;
  }

  /** Objects of both forms. */
  ObjectShape and(ObjectShape other) {
    Map<String, Formula> all = new LinkedHashMap<>(named);
    other.named.forEach((name, formula) -> all.merge(name, formula, Formula::all));
    int least = Math.max(min, other.min);
    int most = Math.min(max, other.max);
    return new ObjectShape(
        all,
        both(required, other.required),
        both(rules, other.rules),
        both(some, other.some),
        least,
        most,
        both(evaluated, other.evaluated),
        where.isEmpty() ? other.where : where);
  }

  /** Objects of any other form, as several. */
  List<ObjectShape> not() {
    List<ObjectShape> others = new ArrayList<>();
    if (min > 0) {
      others.add(ANY.withCounts(0, min - 1, where));
    }
    if (max < ArrayShape.UNBOUNDED) {
      others.add(ANY.withCounts(max + 1, ArrayShape.UNBOUNDED, where));
    }
    for (String name : required) {
      others.add(ANY.with(name, Formula.Truth.FALSE, false));
    }
    named.forEach(
        (name, formula) -> {
          if (!formula.equals(Formula.Truth.TRUE)) {
            others.add(ANY.with(name, Formula.not(formula), true));
          }
        });
    for (Rule rule : rules) {
      if (!rule.formula().equals(Formula.Truth.TRUE)) {
        others.add(ANY.withSome(rule.not()));
      }
    }
    for (Rule rule : some) {
      others.add(ANY.with(rule.not()));
    }
    return others;
  }
}
