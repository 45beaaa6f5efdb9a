package dev.tensafe.grammar.regex;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A set of Unicode scalar values, as ascending ranges that do not touch. Surrogates are in none.
 *
 * @param ranges first and last value of each, both included
 */
public record CodePoints(List<Range> ranges) {
  /** No value. */
  public static final CodePoints NONE = new CodePoints(List.of());

  /** Every value. */
  public static final CodePoints ALL = of(0, Character.MAX_CODE_POINT);

  /** Values from first to last, both included. */
  public record Range(int first, int last) {}

  public CodePoints {
    ranges = List.copyOf(ranges);
  }

  /** The values from {@code first} to {@code last}, both included, without surrogates. */
  public static CodePoints of(int first, int last) {
    List<Range> ranges = new ArrayList<>(2);
    addWithout(ranges, first, Math.min(last, Character.MIN_SURROGATE - 1));
    addWithout(ranges, Math.max(first, Character.MAX_SURROGATE + 1), last);
    return new CodePoints(ranges);
  }

  private static void addWithout(List<Range> ranges, int first, int last) {
    if (first <= last) {
      ranges.add(new Range(first, last));
    }
  }

  /** One value. */
  public static CodePoints of(int value) {
    return of(value, value);
  }

  /** The values of a text. */
  public static CodePoints among(String values) {
    CodePoints all = NONE;
    for (int value : values.codePoints().toArray()) {
      all = all.or(of(value));
    }
    return all;
  }

  /** Values of either. */
  public CodePoints or(CodePoints other) {
    List<Range> all = new ArrayList<>(ranges);
    all.addAll(other.ranges);
    all.sort(Comparator.comparingInt(Range::first));
    List<Range> merged = new ArrayList<>();
    for (Range r : all) {
      Range last = merged.isEmpty() ? null : merged.get(merged.size() - 1);
      if (last != null && r.first() <= last.last() + 1) {
        merged.set(merged.size() - 1, new Range(last.first(), Math.max(last.last(), r.last())));
      } else {
        merged.add(r);
      }
    }
    return new CodePoints(merged);
  }

  /** Values that are not in it. */
  public CodePoints not() {
    CodePoints left = NONE;
    int next = 0;
    for (Range r : ranges) {
      if (next < r.first()) {
        left = left.or(of(next, r.first() - 1));
      }
      next = r.last() + 1;
    }
    return next > Character.MAX_CODE_POINT ? left : left.or(of(next, Character.MAX_CODE_POINT));
  }

  /** Values of both. */
  public CodePoints and(CodePoints other) {
    return not().or(other.not()).not();
  }

  /** Values of this one alone. */
  public CodePoints without(CodePoints other) {
    return and(other.not());
  }

  public boolean isEmpty() {
    return ranges.isEmpty();
  }

  /** Whether a value is in it. */
  public boolean has(int value) {
    for (Range r : ranges) {
      if (value >= r.first() && value <= r.last()) {
        return true;
      }
    }
    return false;
  }

  /** With the other case of ASCII letters. */
  public CodePoints foldAscii() {
    CodePoints all = this;
    for (int upper = 'A'; upper <= 'Z'; upper++) {
      int lower = upper + 32;
      if (has(upper) || has(lower)) {
        all = all.or(of(upper)).or(of(lower));
      }
    }
    return all;
  }
}
