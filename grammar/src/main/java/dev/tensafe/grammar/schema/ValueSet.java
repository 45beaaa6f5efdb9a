package dev.tensafe.grammar.schema;

import java.util.List;

/**
 * A set of JSON values by kind. Strings and numbers are languages, given from below (what may be
 * written: all of it is meant) and from above (nothing else is meant).
 *
 * @param fixed bits of {@link #NULL}, {@link #YES}, {@link #NO}
 * @param exact whether arrays and objects are all that is meant, not a part of it
 */
record ValueSet(
    int fixed,
    int numbers,
    int numbersAbove,
    int strings,
    int stringsAbove,
    List<ArrayShape> arrays,
    List<ObjectShape> objects,
    boolean exact) {
  static final int NULL = 1;
  static final int YES = 2;
  static final int NO = 4;
  static final int FIXED = 7;

  /** Whether nothing is in it for certain. */
  boolean isEmpty() {
    return isEmptyButForNesting() && arrays.isEmpty() && objects.isEmpty() && exact;
  }

  private boolean isEmptyButForNesting() {
    return fixed == 0 && numbersAbove == 0 && stringsAbove == 0;
  }

  ValueSet withObjects(List<ObjectShape> other, boolean nowExact) {
    return new ValueSet(
        fixed, numbers, numbersAbove, strings, stringsAbove, arrays, other, nowExact);
  }

  ValueSet withArrays(List<ArrayShape> other, boolean nowExact) {
    return new ValueSet(
        fixed, numbers, numbersAbove, strings, stringsAbove, other, objects, nowExact);
  }
}
