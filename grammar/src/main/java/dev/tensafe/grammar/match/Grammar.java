package dev.tensafe.grammar.match;

import dev.tensafe.grammar.Fuel;
import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.regex.LazyDfa;
import dev.tensafe.grammar.regex.Regexes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * A context-free grammar. Terminals are regular expressions of {@link Regexes}; a symbol is an id,
 * terminals and rules alike. How a text is cut into terminals does not count: it is of the grammar
 * when there is one way. Immutable but for its automaton, and thread-safe.
 */
public final class Grammar {
  /** Transitions of one grammar, of four bytes each. */
  private static final int MOST_CELLS = 4 << 20;

  private static final long MOST_WORK = 20_000_000;

  private final LazyDfa dfa;
  private final int start;

  /** By symbol: the state before a terminal; 0 for one with productions. */
  private final int[] states;

  /** By symbol: the terminal's expression, or −1 for one with productions. */
  private final int[] expressions;

  /** By symbol: its productions' ids. */
  private final int[][] productionsOf;

  /** By production: the symbol it is for, and what it consists of. */
  private final int[] heads;

  private final int[][] bodies;

  /** By production: id of its first place; places of one production follow each other. */
  private final int[] firstPlace;

  /** By place: its production. */
  private final int[] productionAt;

  private final boolean[] nullable;

  private Grammar(Builder b, int start) {
    this.start = start;
    this.expressions = b.expressions.stream().mapToInt(Integer::intValue).toArray();
    boolean[] finite = Productions.ofSome(expressions, b.heads, b.bodies);
    if (!finite[start]) {
      throw GrammarException.invalid("", "no text is of this form");
    }
    List<Integer> headsLeft = new ArrayList<>();
    List<int[]> bodiesLeft = new ArrayList<>();
    for (int p = 0; p < b.heads.size(); p++) {
      if (Arrays.stream(b.bodies.get(p)).allMatch(s -> finite[s])) {
        headsLeft.add(b.heads.get(p));
        bodiesLeft.add(b.bodies.get(p));
      }
    }
    this.heads = headsLeft.stream().mapToInt(Integer::intValue).toArray();
    this.bodies = bodiesLeft.toArray(int[][]::new);
    List<List<Integer>> of = new ArrayList<>();
    for (int i = 0; i < expressions.length; i++) {
      of.add(new ArrayList<>());
    }
    this.firstPlace = new int[bodies.length];
    int places = 0;
    for (int p = 0; p < bodies.length; p++) {
      of.get(heads[p]).add(p);
      firstPlace[p] = places;
      places += bodies[p].length + 1;
    }
    this.productionAt = new int[places];
    for (int p = 0; p < bodies.length; p++) {
      Arrays.fill(productionAt, firstPlace[p], firstPlace[p] + bodies[p].length + 1, p);
    }
    this.productionsOf =
        of.stream()
            .map(list -> list.stream().mapToInt(Integer::intValue).toArray())
            .toArray(int[][]::new);
    this.nullable = Productions.ofNothing(expressions.length, headsLeft, bodiesLeft);
    int[] roots = Arrays.stream(expressions).filter(e -> e >= 0).toArray();
    this.dfa = new LazyDfa(b.regexes, roots, MOST_CELLS);
    this.states = new int[expressions.length];
    Fuel fuel = new Fuel(MOST_WORK);
    for (int symbol = 0; symbol < states.length; symbol++) {
      states[symbol] = expressions[symbol] < 0 ? 0 : dfa.state(expressions[symbol], fuel);
    }
  }

  LazyDfa dfa() {
    return dfa;
  }

  int start() {
    return start;
  }

  boolean isTerminal(int symbol) {
    return expressions[symbol] >= 0;
  }

  /** The state of a terminal before its text. */
  int state(int terminal) {
    return states[terminal];
  }

  boolean nullable(int symbol) {
    return nullable[symbol];
  }

  int[] productions(int symbol) {
    return productionsOf[symbol];
  }

  int head(int production) {
    return heads[production];
  }

  /** The place before everything of a production. */
  int firstPlace(int production) {
    return firstPlace[production];
  }

  int productionAt(int place) {
    return productionAt[place];
  }

  /** The symbol behind a place; −1 at the end of its production. */
  int symbolAt(int place) {
    int production = productionAt[place];
    int dot = place - firstPlace[production];
    return dot == bodies[production].length ? -1 : bodies[production][dot];
  }

  /** Collects symbols and productions. Confined to one thread. */
  public static final class Builder {
    private final Regexes regexes;
    private final int mostPlaces;
    private final List<Integer> expressions = new ArrayList<>();
    private final List<Integer> heads = new ArrayList<>();
    private final List<int[]> bodies = new ArrayList<>();
    private final Map<Integer, Integer> terminals = new HashMap<>();
    private int places;

    /**
     * @param mostPlaces symbols in all productions together that there may be
     */
    public Builder(Regexes regexes, int mostPlaces) {
      this.regexes = regexes;
      this.mostPlaces = mostPlaces;
    }

    public Regexes regexes() {
      return regexes;
    }

    /** A symbol whose productions come later. */
    public int rule() {
      count(1);
      expressions.add(-1);
      return expressions.size() - 1;
    }

    /**
     * A symbol for a regular expression. One that may be empty becomes a choice.
     *
     * @throws GrammarException when no text is of it
     */
    public int terminal(int expression) {
      if (!regexes.isAlive(expression)) {
        throw GrammarException.invalid("", "nothing is of this form");
      }
      if (regexes.nullable(expression)) {
        int rest = regexes.all(expression, regexes.not(Regexes.EMPTY));
        int choice = rule();
        produce(choice);
        if (regexes.isAlive(rest)) {
          produce(choice, terminal(rest));
        }
        return choice;
      }
      Integer known = terminals.get(expression);
      if (known != null) {
        return known;
      }
      count(1);
      expressions.add(expression);
      terminals.put(expression, expressions.size() - 1);
      return expressions.size() - 1;
    }

    /** A symbol for a special token of the vocabulary, as such: {@link Regexes#special}. */
    public int special(String name) {
      return terminal(regexes.special(name));
    }

    /** A production of a rule; without symbols, the empty text. */
    public void produce(int rule, int... symbols) {
      count(symbols.length + 1);
      heads.add(rule);
      bodies.add(symbols.clone());
    }

    /** How much has been collected. */
    public Amount collected() {
      return new Amount(expressions.size(), heads.size());
    }

    /** How much was collected at some time. */
    public record Amount(int symbols, int productions) {}

    /**
     * Says of symbols whether some text is of them, by what was collected since some time. What was
     * there before counts as such.
     */
    public IntPredicate ofSome(Amount since) {
      int first = since.symbols();
      int[] own = new int[expressions.size() - first + 1];
      for (int i = 1; i < own.length; i++) {
        own[i] = expressions.get(first + i - 1);
      }
      List<Integer> ownHeads = new ArrayList<>();
      List<int[]> ownBodies = new ArrayList<>();
      for (int p = since.productions(); p < heads.size(); p++) {
        ownHeads.add(Math.max(0, heads.get(p) - first + 1));
        ownBodies.add(
            Arrays.stream(bodies.get(p)).map(symbol -> Math.max(0, symbol - first + 1)).toArray());
      }
      boolean[] some = Productions.ofSome(own, ownHeads, ownBodies);
      return symbol -> symbol < first || some[symbol - first + 1];
    }

    private void count(int more) {
      places += more;
      if (places > mostPlaces) {
        throw GrammarException.tooComplex("more than " + mostPlaces + " symbols in the grammar");
      }
    }

    /**
     * The grammar.
     *
     * @param start symbol of whole texts
     */
    public Grammar build(int start) {
      if (expressions.get(start) < 0) {
        return new Grammar(this, start);
      }
      int whole = rule();
      produce(whole, start);
      return new Grammar(this, whole);
    }
  }
}
