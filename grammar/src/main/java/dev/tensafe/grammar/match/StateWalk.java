package dev.tensafe.grammar.match;

import dev.tensafe.grammar.Fuel;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A walk through a trie with all that is open at once: slower than one for each terminal, but a
 * text is never followed in more ways than one, however many there are to cut it. States it has
 * been in are known again, with the ways out of them. Used for one mask, by one thread.
 */
final class StateWalk {
  /** States that are known at a time. */
  private static final int MOST_STATES = 10_000;

  /** Nodes passed on known ways for one unit of work. */
  private static final int NODES_A_STEP = 16;

  private final Automaton automaton;
  private final byte[] classOf;
  private final Fuel fuel;
  private final Map<State, Known> known = new HashMap<>();

  StateWalk(Automaton automaton, byte[] classOf, Fuel fuel) {
    this.automaton = automaton;
    this.classOf = classOf;
    this.fuel = fuel;
  }

  /** A state, and those behind it by class of byte, as far as they were asked for. */
  private static final class Known {
    final State state;
    final @Nullable Known[] next;

    Known(State state, int classes) {
      this.state = state;
      this.next = new Known[classes];
    }

    boolean mayCome() {
      return state.isOpen() || state.accepting;
    }
  }

  /**
   * Marks the tokens of nodes that may come.
   *
   * @param first node, and {@code end} the one behind the last
   * @param at the state before the first
   */
  void mark(TrieBand band, int first, int end, State at, long[] mask) {
    if (first >= end) {
      return;
    }
    Known[] path = new Known[band.longest + 1];
    path[band.depths[first] - 1] = known(at);
    int passed = 0;
    int node = first;
    while (node < end) {
      passed++;
      int depth = band.depths[node];
      Known next = next(path[depth - 1], classOf[band.bytes[node] & 0xff] & 0xff);
      if (next.mayCome()) {
        band.mark(node, mask);
        path[depth] = next;
        node++;
      } else {
        node = band.ends[node];
      }
    }
    fuel.spend(passed / NODES_A_STEP);
  }

  private Known next(Known from, int byteClass) {
    Known next = from.next[byteClass];
    if (next == null) {
      fuel.spend(1);
      next = known(automaton.next(from.state, byteClass, fuel));
      from.next[byteClass] = next;
    }
    return next;
  }

  private Known known(State state) {
    Known before = known.get(state);
    if (before != null) {
      return before;
    }
    if (known.size() == MOST_STATES) {
      known.clear();
    }
    Known made = new Known(state, automaton.grammar().dfa().classes());
    known.put(state, made);
    return made;
  }
}
