package dev.tensafe.grammar.regex;

import java.util.Arrays;

/** A list of expressions' ids as a value. */
final class Ids {
  private final int[] of;
  private final int hash;

  /**
   * @param of not changed any more
   */
  Ids(int[] of) {
    this.of = of;
    this.hash = Arrays.hashCode(of);
  }

  int size() {
    return of.length;
  }

  int get(int i) {
    return of[i];
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Ids other && hash == other.hash && Arrays.equals(of, other.of);
  }
}
