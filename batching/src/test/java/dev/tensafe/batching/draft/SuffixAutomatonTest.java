package dev.tensafe.batching.draft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SuffixAutomatonTest {
  /** Looks at every earlier place. */
  private static int longestThatOccurredBefore(List<Integer> text) {
    int best = 0;
    for (int end = 0; end < text.size() - 1; end++) {
      int n = 0;
      while (n <= end && text.get(end - n).equals(text.get(text.size() - 1 - n))) {
        n++;
      }
      best = Math.max(best, n);
    }
    return best;
  }

  private static Set<Integer> followers(List<Integer> text, int length) {
    Set<Integer> out = new HashSet<>();
    List<Integer> tail = text.subList(text.size() - length, text.size());
    for (int from = 0; from + length < text.size(); from++) {
      if (text.subList(from, from + length).equals(tail)) {
        out.add(text.get(from + length));
      }
    }
    return out;
  }

  @Test
  void findsTheLongestEndThatOccurredBeforeInAnyText() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    int matches = 0;
    for (int round = 0; round < 300; round++) {
      int letters = 1 + random.nextInt(random.nextBoolean() ? 3 : 40);
      int n = 1 + random.nextInt(120);
      SuffixAutomaton automaton = new SuffixAutomaton();
      List<Integer> text = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        // now and then a piece of what was
        boolean copies = i > 4 && random.nextInt(3) == 0;
        int token = copies ? text.get(random.nextInt(i)) : random.nextInt(letters) * 7919;
        automaton.add(token);
        text.add(token);
        String where = "seed " + seed + " round " + round + " token " + i;
        int length = automaton.matchLength();
        assertEquals(i + 1, automaton.count(), where);
        assertEquals(longestThatOccurredBefore(text), length, where);
        assertEquals(length == 0, automaton.match() == SuffixAutomaton.NONE, where);
        if (length > 0) {
          int end = automaton.matchEnd();
          assertTrue(end < i && end >= length - 1, where);
          assertEquals(
              text.subList(i + 1 - length, i + 1),
              text.subList(end + 1 - length, end + 1),
              where + ": the place is one of it");
          Set<Integer> followers = followers(text, length);
          assertEquals(followers.size() == 1, automaton.unequivocal(automaton.match()), where);
          for (int token2 : followers) {
            assertTrue(automaton.follow(automaton.match(), token2) >= 0, where);
          }
          assertEquals(SuffixAutomaton.NONE, automaton.follow(automaton.match(), 1), where);
          matches++;
        }
      }
    }
    assertTrue(matches > 1000, matches + " matches");
  }

  @Test
  void theLatestPlaceIsTakenWhereItIsKnown() {
    SuffixAutomaton automaton = new SuffixAutomaton();
    for (int token : new int[] {1, 2, 3, 1, 2, 4, 1, 2}) {
      automaton.add(token);
    }
    assertEquals(2, automaton.matchLength());
    assertEquals(4, automaton.matchEnd());
  }
}
