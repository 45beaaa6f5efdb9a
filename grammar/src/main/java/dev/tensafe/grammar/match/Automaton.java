package dev.tensafe.grammar.match;

import dev.tensafe.grammar.Fuel;
import dev.tensafe.grammar.regex.LazyDfa;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The bytes of a grammar: from state to state. A text is followed in all ways in which it can be
 * cut into terminals at once; the longest match has no precedence, so the language is that of the
 * grammar. Thread-safe.
 */
final class Automaton {
  private final Grammar grammar;
  private final LazyDfa dfa;
  private final Parser parser;

  Automaton(Grammar grammar) {
    this.grammar = grammar;
    this.dfa = grammar.dfa();
    this.parser = new Parser(grammar);
  }

  State begin(Fuel fuel) {
    return State.at(parser.begin(fuel));
  }

  Grammar grammar() {
    return grammar;
  }

  /** The set behind a terminal that began at another, should it end. */
  ItemSet behind(ItemSet set, int terminal, Fuel fuel) {
    return parser.after(List.of(new Parser.Way(set, terminal)), fuel);
  }

  /** The state after a byte of a class; {@link State#DEAD} when it cannot come. */
  State next(State state, int byteClass, Fuel fuel) {
    Next next = new Next(fuel, state.sets.length + 2);
    for (int i = 0; i < state.sets.length; i++) {
      next.add(state.sets[i], state.terminals[i], dfa.next(state.states[i], byteClass, fuel));
    }
    ItemSet at = state.at;
    if (at != null) {
      ItemSet.Starts starts = at.starts(grammar, byteClass, fuel);
      for (int i = 0; i < starts.terminals().length; i++) {
        next.add(at, starts.terminals()[i], starts.states()[i]);
      }
    }
    return next.state();
  }

  /** Bytes of one class that may come next, as classes that are set. */
  boolean[] classes(State state, Fuel fuel) {
    boolean[] can = new boolean[dfa.classes()];
    for (int c = 0; c < can.length; c++) {
      for (int s : state.states) {
        can[c] |= dfa.next(s, c, fuel) != LazyDfa.NOTHING;
      }
      ItemSet at = state.at;
      can[c] |= at != null && at.starts(grammar, c, fuel).terminals().length > 0;
    }
    return can;
  }

  int items() {
    return parser.items();
  }

  /** A state being put together. */
  private final class Next {
    private static final int FEW = 16;

    private final Fuel fuel;
    private ItemSet[] sets;
    private int[] terminals;
    private int[] states;
    private int count;

    /** What ends with the byte. */
    private final List<Parser.Way> ends = new ArrayList<>(2);

    private final Set<Parser.Way> manyEnds = new HashSet<>();

    /** What is in it already, where it is much. */
    private final Set<Integer> hashes = new HashSet<>();

    Next(Fuel fuel, int room) {
      this.fuel = fuel;
      this.sets = new ItemSet[room];
      this.terminals = new int[room];
      this.states = new int[room];
    }

    void add(ItemSet set, int terminal, int state) {
      if (state == LazyDfa.NOTHING) {
        return;
      }
      if (LazyDfa.mayEnd(state)) {
        end(new Parser.Way(set, terminal));
      }
      if (state != LazyDfa.END && isNew(set, terminal, state)) {
        if (count == sets.length) {
          sets = Arrays.copyOf(sets, count * 2);
          terminals = Arrays.copyOf(terminals, count * 2);
          states = Arrays.copyOf(states, count * 2);
        }
        fuel.spend(1);
        sets[count] = set;
        terminals[count] = terminal;
        states[count++] = state;
      }
    }

    @SuppressWarnings("ReferenceEquality")
    private boolean isNew(ItemSet set, int terminal, int state) {
      if (count >= FEW) {
        if (hashes.isEmpty()) {
          for (int i = 0; i < count; i++) {
            hashes.add(hash(sets[i], terminals[i], states[i]));
          }
        }
        if (hashes.add(hash(set, terminal, state))) {
          return true;
        }
        fuel.spend(count / 8);
      }
      for (int i = 0; i < count; i++) {
        if (states[i] == state && terminals[i] == terminal && sets[i] == set) {
          return false;
        }
      }
      return true;
    }

    private int hash(ItemSet set, int terminal, int state) {
      return (set.number * 31 + terminal) * 31 + state;
    }

    private void end(Parser.Way way) {
      fuel.spend(1);
      if (ends.size() < FEW) {
        if (!ends.contains(way)) {
          ends.add(way);
        }
      } else {
        if (manyEnds.isEmpty()) {
          manyEnds.addAll(ends);
        }
        if (manyEnds.add(way)) {
          ends.add(way);
        }
      }
    }

    State state() {
      ItemSet at = ends.isEmpty() ? null : parser.after(ends, fuel);
      if (count == 0 && at == null) {
        return State.DEAD;
      }
      return new State(
          Arrays.copyOf(sets, count),
          Arrays.copyOf(terminals, count),
          Arrays.copyOf(states, count),
          at == null || at.terminals.length == 0 ? null : at,
          at != null && at.accepting);
    }
  }
}
