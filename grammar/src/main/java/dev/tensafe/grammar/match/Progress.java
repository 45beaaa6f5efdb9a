package dev.tensafe.grammar.match;

/**
 * A terminal under way.
 *
 * @param set where it began
 * @param terminal its symbol
 * @param expression what is left of it: a state of its automaton
 */
record Progress(ItemSet set, int terminal, int expression) {
  @Override
  public int hashCode() {
    return (set.number * 31 + terminal) * 31 + expression;
  }

  /** Sets are compared as objects: one that is reached again is the same. */
  @Override
  @SuppressWarnings("ReferenceEquality")
  public boolean equals(Object o) {
    return o instanceof Progress p
        && p.set == set
        && p.terminal == terminal
        && p.expression == expression;
  }
}
