package dev.tensafe.grammar.match;

import dev.tensafe.grammar.Fuel;
import dev.tensafe.grammar.regex.LazyDfa;
import java.util.Arrays;

/**
 * The way to one mask, through the tries of a vocabulary. For each terminal under way the tokens
 * within it, and the nodes at which it may end, are found by a walk with its automaton, or are
 * known already: {@link MaskCache}. Behind such a node the walk goes on with the terminals that may
 * follow, which are few, as the nodes are. Used once, by one thread.
 */
final class MaskWalk {
  /** Bytes of a structure by which a part is shared between grammars. */
  private static final int MOST_STRUCTURE = 4096;

  /** Nodes passed for one unit of work. */
  private static final int NODES_A_STEP = 16;

  /** Terminals that end within a token and are followed each on its own. */
  private static final int MOST_ENDED = 3;

  private static final byte[] NO_STRUCTURE = {};
  private static final int[] NONE = {};

  private final Automaton automaton;
  private final Grammar grammar;
  private final LazyDfa dfa;
  private final byte[] classOf;
  private final TokenTrie trie;
  private final Object owner;
  private final int fewNodes;
  private final Fuel fuel;
  private final long[] mask;

  /** Goes on where too many terminals have ended to follow each on its own. */
  private final StateWalk all;

  /** By depth: the state there. */
  private final int[] path;

  /** Nodes at which a text may end: those of one walk lie behind those of the walk around it. */
  private int[] exits = new int[64];

  private int exitCount;

  /** How many terminals have ended within the token, on the way to here. */
  private int ended;

  /** Nodes with the sets that were entered there. */
  private final LongSet visited = new LongSet();

  /**
   * @param classOf class of each byte value
   * @param owner tells the grammar's states from those of others
   * @param fewNodes of a trie that are passed again rather than kept
   */
  MaskWalk(
      Automaton automaton, byte[] classOf, TokenTrie trie, Object owner, int fewNodes, Fuel fuel) {
    this.automaton = automaton;
    this.grammar = automaton.grammar();
    this.dfa = grammar.dfa();
    this.classOf = classOf;
    this.trie = trie;
    this.owner = owner;
    this.fewNodes = fewNodes;
    this.fuel = fuel;
    this.all = new StateWalk(automaton, classOf, fuel);
    this.mask = new long[trie.words()];
    this.path = new int[trie.longest() + 1];
  }

  /** A bit per token. */
  long[] mask(State state) {
    for (TrieBand band : trie.bands()) {
      for (int i = 0; i < state.sets.length; i++) {
        fromRoot(band, state.sets[i], state.terminals[i], state.states[i]);
      }
      if (state.at != null) {
        enterAtRoot(band, state.at);
      }
    }
    return mask;
  }

  /** Adds the tokens of a terminal under way, and of what may follow it. */
  private void fromRoot(TrieBand band, ItemSet set, int terminal, int state) {
    int base = exitCount;
    path[0] = state;
    // a walk that stops early has marked only tokens that may come
    if (walk(band, 0, band.nodes(), mask, fewNodes)) {
      leave(band, base, set, terminal);
      return;
    }
    exitCount = base;
    Within within = within(band, state);
    within.addTo(mask);
    if (within.exits.length > 0) {
      ItemSet behind = automaton.behind(set, terminal, fuel);
      for (int node : within.exits) {
        enter(band, node, behind);
      }
    }
  }

  private boolean isNarrow(TrieBand band, int state) {
    int nodes = 0;
    for (int value = 0; value < 256 && nodes < fewNodes; value++) {
      int node = band.first(value);
      if (node >= 0 && dfa.next(state, classOf[value] & 0xff, fuel) != LazyDfa.NOTHING) {
        nodes += band.ends[node] - node;
      }
    }
    return nodes < fewNodes;
  }

  private Within within(TrieBand band, int state) {
    int seen = dfa.within(state, band.longest, fuel);
    byte[] structure = dfa.structure(seen, MOST_STRUCTURE);
    MaskCache.Key key =
        structure != null
            ? new MaskCache.Key(band.number, structure, null, 0)
            : new MaskCache.Key(band.number, NO_STRUCTURE, owner, seen);
    Within known = trie.cache().get(key);
    if (known == null) {
      int relaxed = dfa.relaxed(seen, fuel);
      known = relaxed == seen ? whole(band, seen) : unlike(band, seen, relaxed);
      trie.cache().put(key, known);
    }
    return known;
  }

  private Within whole(TrieBand band, int state) {
    int base = exitCount;
    long[] bits = new long[mask.length];
    path[0] = state;
    walk(band, 0, band.nodes(), bits, Integer.MAX_VALUE);
    Within made = Within.of(bits, Arrays.copyOfRange(exits, base, exitCount));
    exitCount = base;
    return made;
  }

  /** From what is known of another state: only where the two differ is there a way to go. */
  private Within unlike(TrieBand band, int state, int other) {
    Within like = within(band, other);
    long[] bits = like.bits(mask.length);
    int base = exitCount;
    int[] others = new int[path.length];
    int likeExit = 0;
    path[0] = state;
    others[0] = other;
    int passed = 0;
    int node = 0;
    while (node < band.nodes()) {
      passed++;
      int depth = band.depths[node];
      int byteClass = classOf[band.bytes[node] & 0xff] & 0xff;
      int next = dfa.next(path[depth - 1], byteClass, fuel);
      int otherNext = dfa.next(others[depth - 1], byteClass, fuel);
      int end = band.ends[node];
      if (next == otherNext) {
        while (likeExit < like.exits.length && like.exits[likeExit] < end) {
          addExit(like.exits[likeExit++]);
        }
        node = end;
        continue;
      }
      if (next == LazyDfa.NOTHING) {
        for (int below = node; below < end; below++) {
          band.unmark(below, bits);
        }
        passed += end - node;
        while (likeExit < like.exits.length && like.exits[likeExit] < end) {
          likeExit++;
        }
        node = end;
        continue;
      }
      if (likeExit < like.exits.length && like.exits[likeExit] == node) {
        likeExit++;
      }
      band.mark(node, bits);
      if (LazyDfa.mayEnd(next) && band.hasMore(node)) {
        addExit(node);
      }
      path[depth] = next;
      others[depth] = otherNext;
      node++;
    }
    fuel.spend(passed / NODES_A_STEP);
    Within made = Within.of(bits, Arrays.copyOfRange(exits, base, exitCount));
    exitCount = base;
    return made;
  }

  /** Enters a set where no byte of a token has come yet. */
  private void enterAtRoot(TrieBand band, ItemSet set) {
    int[] wide =
        Arrays.stream(set.terminals).filter(t -> !isNarrow(band, grammar.state(t))).toArray();
    for (int terminal : wide) {
      fromRoot(band, set, terminal, grammar.state(terminal));
    }
    for (int value = 0; value < 256; value++) {
      int node = band.first(value);
      if (node >= 0) {
        begin(band, node, set, wide);
      }
    }
  }

  /** What may follow at a node, where a terminal has ended. */
  private void enter(TrieBand band, int node, ItemSet set) {
    long visit = ((long) set.number << 32) | ((long) band.number << 28) | node;
    if (set.terminals.length == 0 || !visited.add(visit)) {
      return;
    }
    if (ended == MOST_ENDED) {
      all.mark(band, node + 1, band.ends[node], State.at(set), mask);
      return;
    }
    ended++;
    int end = band.ends[node];
    for (int child = node + 1; child < end; child = band.ends[child]) {
      begin(band, child, set, NONE);
    }
    ended--;
  }

  /**
   * The terminals of a set, from the first byte of one on.
   *
   * @param without those that were followed already, ascending
   */
  private void begin(TrieBand band, int node, ItemSet set, int[] without) {
    ItemSet.Starts starts = set.starts(grammar, classOf[band.bytes[node] & 0xff] & 0xff, fuel);
    int count = starts.terminals().length;
    if (count == 0) {
      return;
    }
    int depth = band.depths[node];
    if (starts.all() != LazyDfa.NOTHING && without.length == 0) {
      int base = exitCount;
      behindFirst(band, node, starts.all());
      leaveAny(band, base, set, starts, depth);
      return;
    }
    for (int i = 0; i < count; i++) {
      int terminal = starts.terminals()[i];
      if (Arrays.binarySearch(without, terminal) >= 0) {
        continue;
      }
      int base = exitCount;
      behindFirst(band, node, starts.states()[i]);
      leave(band, base, set, terminal);
    }
  }

  /** Walks below a node whose state is known. */
  private void behindFirst(TrieBand band, int node, int state) {
    band.mark(node, mask);
    if (LazyDfa.mayEnd(state) && band.hasMore(node)) {
      addExit(node);
    }
    path[band.depths[node]] = state;
    walk(band, node + 1, band.ends[node], mask, Integer.MAX_VALUE);
  }

  /** Goes on where a terminal may end. */
  private void leave(TrieBand band, int base, ItemSet set, int terminal) {
    int count = exitCount;
    if (count > base) {
      ItemSet behind = automaton.behind(set, terminal, fuel);
      for (int i = base; i < count; i++) {
        enter(band, exits[i], behind);
      }
    }
    exitCount = base;
  }

  /** The same where one of several may end, which is found out now. */
  private void leaveAny(TrieBand band, int base, ItemSet set, ItemSet.Starts starts, int depth) {
    int count = exitCount;
    for (int i = base; i < count; i++) {
      int node = exits[i];
      byte[] text = trie.text(band.sample(node));
      for (int t = 0; t < starts.terminals().length; t++) {
        int state = starts.states()[t];
        for (int d = depth; d < band.depths[node] && state != LazyDfa.NOTHING; d++) {
          state = dfa.next(state, classOf[text[d] & 0xff] & 0xff, fuel);
        }
        if (LazyDfa.mayEnd(state)) {
          enter(band, node, automaton.behind(set, starts.terminals()[t], fuel));
        }
      }
      fuel.spend(starts.terminals().length / 4);
    }
    exitCount = base;
  }

  /**
   * One walk: the state before the first node is in the path.
   *
   * @param most nodes to pass
   * @return false when there are more
   */
  private boolean walk(TrieBand band, int first, int end, long[] bits, int most) {
    byte[] bytes = band.bytes;
    short[] depths = band.depths;
    int[] ends = band.ends;
    int[] at = path;
    int passed = 0;
    int node = first;
    while (node < end && passed < most) {
      passed++;
      int depth = depths[node];
      int state = dfa.next(at[depth - 1], classOf[bytes[node] & 0xff] & 0xff, fuel);
      if (state == LazyDfa.NOTHING) {
        node = ends[node];
        continue;
      }
      band.mark(node, bits);
      if (LazyDfa.mayEnd(state) && band.hasMore(node)) {
        addExit(node);
      }
      at[depth] = state;
      node++;
    }
    fuel.spend(passed / NODES_A_STEP);
    return node >= end;
  }

  private void addExit(int node) {
    if (exitCount == exits.length) {
      exits = Arrays.copyOf(exits, exitCount * 2);
    }
    exits[exitCount++] = node;
  }
}
