package dev.tensafe.grammar.match;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** What can be said of symbols by looking at all productions, in linear time. */
final class Productions {
  private Productions() {}

  /** The symbols that some text is of. */
  static boolean[] ofSome(int[] expressions, List<Integer> heads, List<int[]> bodies) {
    boolean[] found = new boolean[expressions.length];
    for (int symbol = 0; symbol < found.length; symbol++) {
      found[symbol] = expressions[symbol] >= 0;
    }
    return spread(found, heads, bodies);
  }

  /** The symbols that the empty text is of. */
  static boolean[] ofNothing(int symbols, List<Integer> heads, List<int[]> bodies) {
    return spread(new boolean[symbols], heads, bodies);
  }

  /** A head is found when all of one of its bodies is. */
  private static boolean[] spread(boolean[] found, List<Integer> heads, List<int[]> bodies) {
    List<List<Integer>> uses = new ArrayList<>();
    for (int i = 0; i < found.length; i++) {
      uses.add(new ArrayList<>());
    }
    int[] missing = new int[bodies.size()];
    Deque<Integer> news = new ArrayDeque<>();
    for (int p = 0; p < bodies.size(); p++) {
      for (int symbol : bodies.get(p)) {
        uses.get(symbol).add(p);
      }
      missing[p] = bodies.get(p).length;
      found[heads.get(p)] |= missing[p] == 0;
    }
    for (int symbol = 0; symbol < found.length; symbol++) {
      if (found[symbol]) {
        news.add(symbol);
      }
    }
    while (!news.isEmpty()) {
      for (int p : uses.get(news.remove())) {
        int head = heads.get(p);
        if (--missing[p] == 0 && !found[head]) {
          found[head] = true;
          news.add(head);
        }
      }
    }
    return found;
  }
}
