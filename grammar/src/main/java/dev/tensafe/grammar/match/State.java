package dev.tensafe.grammar.match;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * All that the text so far leaves open: the terminals that are under way, each with the set in
 * which it began, and the set of which any terminal may begin. What may follow depends on it alone,
 * so masks are kept by it. Immutable.
 */
final class State {
  private static final ItemSet[] NO_SETS = {};
  private static final int[] NO_STATES = {};

  /** The state that nothing leads out of. */
  static final State DEAD = new State(NO_SETS, NO_STATES, NO_STATES, null, false);

  /** By terminal under way: where it began, its symbol, the state of its text. */
  final ItemSet[] sets;

  final int[] terminals;
  final int[] states;

  /** The set at which the text is; null when no terminal may begin. */
  final @Nullable ItemSet at;

  /** Whether the text may end here. */
  final boolean accepting;

  private final int hash;

  State(ItemSet[] sets, int[] terminals, int[] states, @Nullable ItemSet at, boolean accepting) {
    this.sets = sets;
    this.terminals = terminals;
    this.states = states;
    this.at = at;
    this.accepting = accepting;
    int mixed = Arrays.hashCode(states) * 31 + Arrays.hashCode(terminals);
    for (ItemSet set : sets) {
      mixed = mixed * 31 + set.number;
    }
    this.hash = mixed * 31 + (at == null ? -1 : at.number);
  }

  /** The state at a set, with nothing under way. */
  static State at(ItemSet set) {
    ItemSet at = set.terminals.length == 0 ? null : set;
    return new State(NO_SETS, NO_STATES, NO_STATES, at, set.accepting);
  }

  /** Whether any byte may come. */
  boolean isOpen() {
    return sets.length > 0 || at != null;
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** Sets are compared as objects: one that is reached again is the same. */
  @Override
  @SuppressWarnings("ReferenceEquality")
  public boolean equals(Object o) {
    return o instanceof State other
        && hash == other.hash
        && accepting == other.accepting
        && Arrays.equals(states, other.states)
        && Arrays.equals(terminals, other.terminals)
        && at == other.at
        && same(sets, other.sets);
  }

  @SuppressWarnings("ReferenceEquality")
  private static boolean same(ItemSet[] a, ItemSet[] b) {
    if (a.length != b.length) {
      return false;
    }
    for (int i = 0; i < a.length; i++) {
      if (a[i] != b[i]) {
        return false;
      }
    }
    return true;
  }
}
