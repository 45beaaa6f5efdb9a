package dev.tensafe.grammar.schema;

import dev.tensafe.grammar.regex.Regexes;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** Both, either, and not, of sets of values. */
final class ValueAlgebra {
  private final Regexes regexes;
  private final Work work;
  private final int everyNumber;
  private final int everyString;
  private final Predicate<Formula> empty;
  private final ValueSet any;
  private final ValueSet none;

  /**
   * @param empty says whether no value is so for certain; false where that is not known
   */
  ValueAlgebra(
      Regexes regexes, Work work, int everyNumber, int everyString, Predicate<Formula> empty) {
    this.regexes = regexes;
    this.work = work;
    this.everyNumber = everyNumber;
    this.everyString = everyString;
    this.empty = empty;
    this.any =
        new ValueSet(
            ValueSet.FIXED,
            everyNumber,
            everyNumber,
            everyString,
            everyString,
            List.of(ArrayShape.ANY),
            List.of(ObjectShape.ANY),
            true);
    this.none =
        new ValueSet(
            0,
            Regexes.NOTHING,
            Regexes.NOTHING,
            Regexes.NOTHING,
            Regexes.NOTHING,
            List.of(),
            List.of(),
            true);
  }

  ValueSet any() {
    return any;
  }

  ValueSet none() {
    return none;
  }

  /** Both languages; {@link Regexes#NOTHING} when no text is of them. */
  int both(int a, int b, int universe) {
    if (a == b || b == universe) {
      return a;
    }
    return a == universe ? b : alive(regexes.all(a, b));
  }

  private int alive(int id) {
    return regexes.isAlive(id) ? id : Regexes.NOTHING;
  }

  private int either(int a, int b, int universe) {
    return a == universe || b == universe ? universe : regexes.any(a, b);
  }

  /** Any of several languages of numbers. */
  int eitherNumber(int... of) {
    return regexes.any(of);
  }

  /** The rest of a universe. */
  int rest(int a, int universe) {
    if (a == Regexes.NOTHING || a == universe) {
      return a == universe ? Regexes.NOTHING : universe;
    }
    return alive(regexes.all(universe, regexes.not(a)));
  }

  /** Values of both. */
  ValueSet and(ValueSet a, ValueSet b, String where) {
    work.spend(1, where);
    if (a.equals(any) || b.equals(any)) {
      return a.equals(any) ? b : a;
    }
    return new ValueSet(
        a.fixed() & b.fixed(),
        both(a.numbers(), b.numbers(), everyNumber),
        both(a.numbersAbove(), b.numbersAbove(), everyNumber),
        both(a.strings(), b.strings(), everyString),
        both(a.stringsAbove(), b.stringsAbove(), everyString),
        bothArrays(a.arrays(), b.arrays(), where),
        bothObjects(a.objects(), b.objects(), where),
        a.exact() && b.exact());
  }

  private List<ArrayShape> bothArrays(List<ArrayShape> a, List<ArrayShape> b, String where) {
    Set<ArrayShape> all = new LinkedHashSet<>();
    for (ArrayShape one : a) {
      for (ArrayShape other : b) {
        work.spend(1 + one.prefix().size() + other.prefix().size(), where);
        ArrayShape both = one.and(other);
        if (!isDead(both)) {
          all.add(both);
        }
      }
    }
    return List.copyOf(all);
  }

  private List<ObjectShape> bothObjects(List<ObjectShape> a, List<ObjectShape> b, String where) {
    Set<ObjectShape> all = new LinkedHashSet<>();
    for (ObjectShape one : a) {
      for (ObjectShape other : b) {
        work.spend(1 + one.named().size() + other.named().size(), where);
        ObjectShape both = one.and(other);
        if (!isDead(both)) {
          all.add(both);
        }
      }
    }
    return List.copyOf(all);
  }

  /** Whether no array is of a form for certain. */
  boolean isDead(ArrayShape shape) {
    if (shape.min() > shape.longest()) {
      return true;
    }
    for (int i = 0; i < Math.min(shape.min(), shape.prefix().size()); i++) {
      if (empty.test(shape.at(i))) {
        return true;
      }
    }
    if (shape.min() > shape.prefix().size() && empty.test(shape.rest())) {
      return true;
    }
    for (ArrayShape.Contains c : shape.contains()) {
      if (c.min() > c.max() || (c.min() > 0 && empty.test(c.formula()))) {
        return true;
      }
    }
    return false;
  }

  /** Whether no object is of a form for certain. */
  boolean isDead(ObjectShape shape) {
    if (shape.min() > shape.max() || shape.required().size() > shape.max()) {
      return true;
    }
    for (String name : shape.required()) {
      if (empty.test(shape.named().getOrDefault(name, Formula.Truth.TRUE))) {
        return true;
      }
    }
    return false;
  }

  /** Values of either. */
  ValueSet or(ValueSet a, ValueSet b, String where) {
    work.spend(1 + a.objects().size() + b.objects().size(), where);
    Set<ArrayShape> arrays = new LinkedHashSet<>(a.arrays());
    arrays.addAll(b.arrays());
    Set<ObjectShape> objects = new LinkedHashSet<>(a.objects());
    objects.addAll(b.objects());
    return new ValueSet(
        a.fixed() | b.fixed(),
        either(a.numbers(), b.numbers(), everyNumber),
        either(a.numbersAbove(), b.numbersAbove(), everyNumber),
        either(a.strings(), b.strings(), everyString),
        either(a.stringsAbove(), b.stringsAbove(), everyString),
        List.copyOf(arrays),
        List.copyOf(objects),
        a.exact() && b.exact());
  }

  /** All other values. */
  ValueSet not(ValueSet a, String where) {
    return new ValueSet(
        ValueSet.FIXED & ~a.fixed(),
        rest(a.numbersAbove(), everyNumber),
        rest(a.numbers(), everyNumber),
        rest(a.stringsAbove(), everyString),
        rest(a.strings(), everyString),
        otherArrays(a.arrays(), a.exact(), where),
        otherObjects(a.objects(), a.exact(), where),
        true);
  }

  /**
   * Arrays of none of some forms.
   *
   * @param exact whether the forms are all that is meant
   */
  List<ArrayShape> otherArrays(List<ArrayShape> forms, boolean exact, String where) {
    check(exact, where);
    List<ArrayShape> left = List.of(ArrayShape.ANY);
    for (ArrayShape form : forms) {
      if (form.unique()) {
        throw SchemaErrors.unsupported(where, "the contrary of uniqueItems");
      }
      left = bothArrays(left, form.not(), where);
    }
    return left;
  }

  /** Objects of none of some forms. */
  List<ObjectShape> otherObjects(List<ObjectShape> forms, boolean exact, String where) {
    check(exact, where);
    List<ObjectShape> left = List.of(ObjectShape.ANY);
    for (ObjectShape form : forms) {
      left = bothObjects(left, form.not(), where);
    }
    return left;
  }

  private static void check(boolean exact, String where) {
    if (!exact) {
      throw SchemaErrors.unsupported(
          where, "the contrary of what cannot be said exactly, as an unevaluated… keyword");
    }
  }

  /** Values of exactly one of several. */
  ValueSet one(List<ValueSet> of, String where) {
    ValueSet seen = none;
    ValueSet more = none;
    boolean exact = true;
    for (ValueSet set : of) {
      ValueSet scalars = set.withArrays(List.of(), true).withObjects(List.of(), true);
      more = or(more, and(seen, scalars, where), where);
      seen = or(seen, scalars, where);
      exact &= set.exact();
    }
    ValueSet notMore =
        new ValueSet(
            ValueSet.FIXED & ~more.fixed(),
            rest(more.numbersAbove(), everyNumber),
            rest(more.numbers(), everyNumber),
            rest(more.stringsAbove(), everyString),
            rest(more.strings(), everyString),
            List.of(),
            List.of(),
            true);
    ValueSet scalars = and(seen, notMore, where);
    List<ArrayShape> arrays = new ArrayList<>();
    List<ObjectShape> objects = new ArrayList<>();
    for (int i = 0; i < of.size(); i++) {
      ValueSet set = of.get(i);
      List<ArrayShape> ours = set.arrays();
      List<ObjectShape> ourObjects = set.objects();
      for (int j = 0; j < of.size(); j++) {
        ValueSet other = of.get(j);
        if (i == j) {
          continue;
        }
        if (!ours.isEmpty() && !apartArrays(set, other, where)) {
          ours = bothArrays(ours, otherArrays(other.arrays(), other.exact(), where), where);
        }
        if (!ourObjects.isEmpty() && !apartObjects(set, other, where)) {
          ourObjects =
              bothObjects(ourObjects, otherObjects(other.objects(), other.exact(), where), where);
        }
      }
      arrays.addAll(ours);
      objects.addAll(ourObjects);
    }
    return scalars.withArrays(arrays, exact).withObjects(objects, exact);
  }

  private boolean apartArrays(ValueSet a, ValueSet b, String where) {
    work.spend(a.arrays().size() * b.arrays().size(), where);
    return b.exact()
        && a.arrays().stream()
            .allMatch(one -> b.arrays().stream().allMatch(other -> isDead(one.and(other))));
  }

  private boolean apartObjects(ValueSet a, ValueSet b, String where) {
    work.spend(a.objects().size() * b.objects().size(), where);
    return b.exact()
        && a.objects().stream()
            .allMatch(one -> b.objects().stream().allMatch(other -> isDead(one.and(other))));
  }
}
