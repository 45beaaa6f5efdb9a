package dev.tensafe.formats;

import static java.util.Objects.requireNonNull;

import java.util.Collection;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The known name that a mistyped one most likely stands for: the one at the smallest distance,
 * counted in letters that are inserted, left out, replaced or swapped with their neighbour (optimal
 * string alignment). Stateless.
 */
public final class NearestName {
  /** One mistake in that many letters is taken for a slip; more of them for another word. */
  private static final int LETTERS_PER_MISTAKE = 3;

  private static final int MAX_LENGTH = 200;

  private NearestName() {}

  /**
   * Finds the nearest name, the first in alphabetical order if several are as near.
   *
   * @return empty if none is near enough to be what was meant
   */
  public static Optional<String> of(String given, Collection<String> known) {
    requireNonNull(given, "given is null");
    if (given.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    int least = limit(given) + 1;
    Optional<String> nearest = Optional.empty();
    for (String name : new TreeSet<>(known)) {
      int distance = Math.abs(name.length() - given.length());
      if (distance < least) {
        distance = distance(given, name);
      }
      if (distance < least) {
        least = distance;
        nearest = Optional.of(name);
      }
    }
    return nearest;
  }

  /** The name, with the nearest one behind it: {@code prot (did you mean port?)}. */
  public static String hint(String given, Collection<String> known) {
    return given + of(given, known).map(name -> " (did you mean " + name + "?)").orElse("");
  }

  private static int limit(String given) {
    return Math.max(1, given.length() / LETTERS_PER_MISTAKE);
  }

  static int distance(String a, String b) {
    int[] beforeLast = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      last[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] row = new int[b.length() + 1];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = last[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, 1 + Math.min(last[j], row[j - 1]));
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (swapped) {
          row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
        }
      }
      beforeLast = last;
      last = row;
    }
    return last[b.length()];
  }
}
