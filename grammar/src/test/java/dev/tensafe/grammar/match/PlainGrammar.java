package dev.tensafe.grammar.match;

import dev.tensafe.grammar.regex.Encoding;
import dev.tensafe.grammar.regex.Pattern;
import dev.tensafe.grammar.regex.Regexes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;

/**
 * A grammar as lists, and a recogniser that fills a table of all parts of a text with Java's own
 * regular expressions: slow, and of no common code with the real one.
 *
 * @param rules productions by symbol; a negative number n is terminal −n − 1
 */
public record PlainGrammar(List<List<int[]>> rules) {
  public static final String[] TERMINALS = {"a", "b", "ab", "a+", "[ab]b", "b*a", "(ab)+"};

  private static final java.util.regex.Pattern[] PATTERNS =
      Arrays.stream(TERMINALS)
          .map(java.util.regex.Pattern::compile)
          .toArray(java.util.regex.Pattern[]::new);

  /** A random one of one to four rules. */
  public static PlainGrammar random(Random random) {
    int count = 1 + random.nextInt(4);
    List<List<int[]>> rules = new ArrayList<>();
    for (int r = 0; r < count; r++) {
      List<int[]> bodies = new ArrayList<>();
      for (int p = 1 + random.nextInt(3); p > 0; p--) {
        int[] body = new int[random.nextInt(4)];
        for (int i = 0; i < body.length; i++) {
          body[i] =
              random.nextInt(5) < 2 ? random.nextInt(count) : -1 - random.nextInt(TERMINALS.length);
        }
        bodies.add(body);
      }
      rules.add(bodies);
    }
    return new PlainGrammar(rules);
  }

  /** The real thing. */
  public Grammar build() {
    Regexes regexes = new Regexes(10_000);
    Grammar.Builder b = new Grammar.Builder(regexes, 10_000);
    int[] ids = new int[rules.size()];
    for (int r = 0; r < ids.length; r++) {
      ids[r] = b.rule();
    }
    for (int r = 0; r < ids.length; r++) {
      for (int[] body : rules.get(r)) {
        int[] symbols = new int[body.length];
        for (int i = 0; i < body.length; i++) {
          symbols[i] =
              body[i] >= 0
                  ? ids[body[i]]
                  : b.terminal(Pattern.whole(regexes, Encoding.UTF_8, TERMINALS[-1 - body[i]], ""));
        }
        b.produce(ids[r], symbols);
      }
    }
    return b.build(ids[0]);
  }

  /** By rule, from and to: whether the part is of it; grows until nothing changes. */
  private boolean[][][] table(String text) {
    int n = text.length();
    boolean[][][] of = new boolean[rules.size()][n + 1][n + 1];
    for (boolean changed = true; changed; ) {
      changed = false;
      for (int r = 0; r < rules.size(); r++) {
        for (int from = 0; from <= n; from++) {
          for (int[] body : rules.get(r)) {
            boolean[] reached = reached(body, body.length, text, from, of);
            for (int to = from; to <= n; to++) {
              changed |= reached[to] && !of[r][from][to];
              of[r][from][to] |= reached[to];
            }
          }
        }
      }
    }
    return of;
  }

  /** Where the first symbols of a body may end. */
  private static boolean[] reached(
      int[] body, int symbols, String text, int from, boolean[][][] of) {
    int n = text.length();
    boolean[] reached = new boolean[n + 1];
    reached[from] = true;
    for (int s = 0; s < symbols; s++) {
      boolean[] next = new boolean[n + 1];
      for (int i = from; i <= n; i++) {
        for (int j = i; reached[i] && j <= n; j++) {
          next[j] |=
              body[s] >= 0
                  ? of[body[s]][i][j]
                  : PATTERNS[-1 - body[s]].matcher(text.substring(i, j)).matches();
        }
      }
      reached = next;
    }
    return reached;
  }

  /** Whether a text is of the grammar. */
  public boolean has(String text) {
    return table(text)[0][0][text.length()];
  }

  /** Whether some text of the grammar begins with this one. */
  public boolean hasBeginning(String text) {
    boolean[] finite = finite();
    boolean[][][] of = table(text);
    int n = text.length();
    boolean[][] begins = new boolean[rules.size()][n + 1];
    for (boolean changed = true; changed; ) {
      changed = false;
      for (int r = 0; r < rules.size(); r++) {
        for (int from = 0; from <= n; from++) {
          for (int[] body : rules.get(r)) {
            if (!begins[r][from] && begins(body, text, from, of, begins, finite)) {
              begins[r][from] = true;
              changed = true;
            }
          }
        }
      }
    }
    return begins[0][0];
  }

  private static boolean begins(
      int[] body, String text, int from, boolean[][][] of, boolean[][] begins, boolean[] finite) {
    if (!Arrays.stream(body).allMatch(s -> s < 0 || finite[s])) {
      return false;
    }
    int n = text.length();
    if (reached(body, body.length, text, from, of)[n]) {
      return true;
    }
    for (int s = 0; s < body.length; s++) {
      boolean[] reached = reached(body, s, text, from, of);
      for (int i = from; i <= n; i++) {
        if (reached[i]) {
          if (body[s] >= 0 && begins[body[s]][i]) {
            return true;
          }
          if (body[s] < 0) {
            Matcher m = PATTERNS[-1 - body[s]].matcher(text.substring(i));
            if (m.matches() || m.hitEnd()) {
              return true;
            }
          }
        }
      }
    }
    return false;
  }

  private boolean[] finite() {
    boolean[] finite = new boolean[rules.size()];
    for (boolean changed = true; changed; ) {
      changed = false;
      for (int r = 0; r < finite.length; r++) {
        for (int[] body : rules.get(r)) {
          if (!finite[r] && Arrays.stream(body).allMatch(s -> s < 0 || finite[s])) {
            finite[r] = true;
            changed = true;
          }
        }
      }
    }
    return finite;
  }
}
