package dev.tensafe.batching.draft;

import java.util.Arrays;

/**
 * Finds where the end of a growing text has occurred before (Blumer et al., "The smallest automaton
 * recognizing the subwords of a text", 1985; as drafter: Hu et al., SAM Decoding,
 * arXiv:2411.10666). A token costs O(1) amortised; n tokens take at most 2n states and 3n
 * transitions. Confined to one thread.
 */
final class SuffixAutomaton {
  /** No state, no transition. */
  static final int NONE = -1;

  /** Suffixes whose latest place is kept up to date with each token: the longest ones. */
  private static final int PLACED = 8;

  private static final int ROOT = 0;

  // by state
  private int[] length = new int[64];
  private int[] link = new int[64];
  private int[] lastEnd = new int[64];
  private int[] firstEdge = new int[64];
  private int states = 1;

  // by transition
  private int[] from = new int[64];
  private int[] label = new int[64];
  private int[] to = new int[64];
  private int[] nextEdge = new int[64];
  private int edges;

  /** Transitions by state and label, plus one; 0 where the place is free. */
  private int[] table = new int[256];

  private int last = ROOT;
  private int count;
  private int matchEnd = NONE;

  SuffixAutomaton() {
    link[ROOT] = NONE;
    firstEdge[ROOT] = NONE;
  }

  /** Tokens so far. */
  int count() {
    return count;
  }

  /**
   * The longest end of the text that has occurred before, as a state; {@link #NONE} if none has.
   */
  int match() {
    int state = link[last];
    return state == ROOT ? NONE : state;
  }

  /** Tokens of the longest end of the text that has occurred before. */
  int matchLength() {
    return count == 0 ? 0 : length[link[last]];
  }

  /** Where the last token of an earlier occurrence of it is; {@link #NONE} if there is none. */
  int matchEnd() {
    return matchEnd;
  }

  /** The state after one more token; {@link #NONE} where the text has none such. */
  int follow(int state, int token) {
    int edge = find(state, token);
    return edge == NONE ? NONE : to[edge];
  }

  /** Whether what a state stands for was always followed by the same token. */
  boolean unequivocal(int state) {
    int edge = firstEdge[state];
    return edge != NONE && nextEdge[edge] == NONE;
  }

  /** Adds a token to the text. */
  void add(int token) {
    int end = count++;
    int current = state(length[last] + 1, end);
    int p = last;
    int edge = NONE;
    while (p != NONE && (edge = find(p, token)) == NONE) {
      connect(p, token, current);
      p = link[p];
    }
    // first of all: a state more may move the arrays
    int linked = p == NONE ? ROOT : split(p, edge, token);
    link[current] = linked;
    last = current;
    int state = link[current];
    matchEnd = state == ROOT ? NONE : lastEnd[state];
    for (int i = 0; i < PLACED && state != ROOT; i++) {
      lastEnd[state] = end;
      state = link[state];
    }
  }

  /** The state for exactly the strings of p with the token behind; split off where others share. */
  private int split(int p, int edge, int token) {
    int q = to[edge];
    if (length[q] == length[p] + 1) {
      return q;
    }
    int clone = state(length[p] + 1, lastEnd[q]);
    link[clone] = link[q];
    for (int e = firstEdge[q]; e != NONE; e = nextEdge[e]) {
      connect(clone, label[e], to[e]);
    }
    link[q] = clone;
    int at = p;
    int redirected = edge;
    while (redirected != NONE && to[redirected] == q) {
      to[redirected] = clone;
      at = link[at];
      redirected = at == NONE ? NONE : find(at, token);
    }
    return clone;
  }

  private int state(int tokens, int end) {
    if (states == length.length) {
      int room = 2 * states;
      length = Arrays.copyOf(length, room);
      link = Arrays.copyOf(link, room);
      lastEnd = Arrays.copyOf(lastEnd, room);
      firstEdge = Arrays.copyOf(firstEdge, room);
    }
    length[states] = tokens;
    lastEnd[states] = end;
    firstEdge[states] = NONE;
    return states++;
  }

  private void connect(int state, int token, int target) {
    if (edges == from.length) {
      int room = 2 * edges;
      from = Arrays.copyOf(from, room);
      label = Arrays.copyOf(label, room);
      to = Arrays.copyOf(to, room);
      nextEdge = Arrays.copyOf(nextEdge, room);
    }
    from[edges] = state;
    label[edges] = token;
    to[edges] = target;
    nextEdge[edges] = firstEdge[state];
    firstEdge[state] = edges;
    edges++;
    if (2 * edges > table.length) {
      table = new int[2 * table.length];
      for (int e = 0; e < edges; e++) {
        enter(e);
      }
    } else {
      enter(edges - 1);
    }
  }

  private void enter(int edge) {
    int at = slot(from[edge], label[edge]);
    while (table[at] != 0) {
      at = (at + 1) & (table.length - 1);
    }
    table[at] = edge + 1;
  }

  private int find(int state, int token) {
    for (int at = slot(state, token); table[at] != 0; at = (at + 1) & (table.length - 1)) {
      int edge = table[at] - 1;
      if (from[edge] == state && label[edge] == token) {
        return edge;
      }
    }
    return NONE;
  }

  private int slot(int state, int token) {
    long mixed = ((long) state << 32 ^ token) * 0x9e3779b97f4a7c15L;
    return (int) (mixed >>> 40) & (table.length - 1);
  }
}
