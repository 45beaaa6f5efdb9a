package dev.tensafe.grammar.match;

import dev.tensafe.grammar.regex.Regexes;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Masks of states over one vocabulary. For each terminal under way the trie is walked once with its
 * automaton: that gives the tokens within the terminal, and the nodes at which it may end; both are
 * kept by what is left of the terminal. Behind such a node the walk goes on with the terminals that
 * may follow, which are few, as the nodes are. Confined to the grammar's owner.
 */
final class MaskMaker {
  private static final int MOST_MASKS = 512;
  private static final int MOST_WITHIN = 1024;

  private final Automaton automaton;
  private final Regexes regexes;
  private final TokenTrie trie;
  private final int words;
  private final int[] path;
  private final Map<State, long[]> masks = recent(MOST_MASKS);
  private final Map<Integer, Within> within = recent(MOST_WITHIN);

  MaskMaker(Automaton automaton, TokenTrie trie) {
    this.automaton = automaton;
    this.regexes = automaton.regexes();
    this.trie = trie;
    this.words = (trie.vocabSize() + 63) / 64;
    this.path = new int[trie.maxDepth() + 1];
  }

  /**
   * The tokens that stay within a terminal, and the nodes at which it may end before their last
   * byte.
   */
  private record Within(long[] mask, int[] exits) {}

  private record Visit(int node, ItemSet set) {}

  private static <K, V> Map<K, V> recent(int most) {
    return new LinkedHashMap<>(64, 0.75f, true) {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > most;
      }
    };
  }

  /** The mask of a state: a bit per token; not to be changed. */
  long[] mask(State state) {
    long[] known = masks.get(state);
    if (known == null) {
      known = make(state);
      masks.put(state, known);
    }
    return known;
  }

  private long[] make(State state) {
    long[] mask = new long[words];
    Set<Visit> visited = new HashSet<>();
    for (Progress p : state.open()) {
      Within w = within(p.expression());
      for (int i = 0; i < words; i++) {
        mask[i] |= w.mask()[i];
      }
      if (w.exits().length > 0) {
        ItemSet behind = automaton.behind(p);
        for (int node : w.exits()) {
          enter(node, behind, mask, visited);
        }
      }
    }
    return mask;
  }

  /** What may follow at a node, where a terminal has ended. */
  private void enter(int node, ItemSet set, long[] mask, Set<Visit> visited) {
    if (!visited.add(new Visit(node, set))) {
      return;
    }
    List<Progress> starts = automaton.starts(set);
    for (Progress p : starts) {
      Walk walk = new Walk(mask);
      walk.below(node, p.expression());
      int[] exits = walk.exits();
      if (exits.length > 0) {
        ItemSet behind = automaton.behind(p);
        for (int exit : exits) {
          enter(exit, behind, mask, visited);
        }
      }
    }
  }

  private Within within(int expression) {
    Within known = within.get(expression);
    if (known == null) {
      Walk walk = new Walk(new long[words]);
      walk.from(0, trie.nodes(), 0, expression);
      known = new Within(walk.mask, walk.exits());
      within.put(expression, known);
    }
    return known;
  }

  /** One walk with one terminal. */
  private final class Walk {
    private final long[] mask;
    private int[] exits = new int[16];
    private int exitCount;

    Walk(long[] mask) {
      this.mask = mask;
    }

    void below(int node, int expression) {
      from(node + 1, trie.end(node), trie.depth(node), expression);
    }

    void from(int first, int end, int depthBefore, int expression) {
      path[depthBefore] = expression;
      int node = first;
      while (node < end) {
        int depth = trie.depth(node);
        int left = regexes.next(path[depth - 1], trie.value(node));
        if (left == Regexes.NOTHING) {
          node = trie.end(node);
          continue;
        }
        trie.mark(node, mask);
        boolean more = trie.end(node) > node + 1;
        if (more && regexes.nullable(left)) {
          if (exitCount == exits.length) {
            exits = Arrays.copyOf(exits, exitCount * 2);
          }
          exits[exitCount++] = node;
        }
        path[depth] = left;
        node++;
      }
    }

    int[] exits() {
      return Arrays.copyOf(exits, exitCount);
    }
  }
}
