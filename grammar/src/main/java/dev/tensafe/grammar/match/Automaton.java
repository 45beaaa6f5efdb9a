package dev.tensafe.grammar.match;

import dev.tensafe.grammar.regex.Regexes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The bytes of a grammar: from state to state. A text is followed in all ways in which it can be
 * cut into terminals at once; the longest match has no precedence, so the language is that of the
 * grammar. Confined to the grammar's owner.
 */
final class Automaton {
  private final Grammar grammar;
  private final Regexes regexes;
  private final Parser parser;

  Automaton(Grammar grammar) {
    this.grammar = grammar;
    this.regexes = grammar.regexes();
    this.parser = new Parser(grammar);
  }

  State begin() {
    ItemSet first = parser.begin();
    return new State(starts(first), first.accepting);
  }

  /** The terminals that may begin at a set. */
  List<Progress> starts(ItemSet set) {
    List<Progress> starts = new ArrayList<>(set.terminals.length);
    for (int terminal : set.terminals) {
      starts.add(new Progress(set, terminal, grammar.expression(terminal)));
    }
    return starts;
  }

  /** The set behind a terminal under way, should it end. */
  ItemSet behind(Progress p) {
    return p.set().after(p.terminal(), parser);
  }

  Regexes regexes() {
    return regexes;
  }

  /** The state after a byte; one without anything open and not accepting when it cannot come. */
  State next(State state, int value) {
    Set<Progress> open = new LinkedHashSet<>();
    Set<ItemSet> entered = new HashSet<>();
    boolean accepting = false;
    for (Progress p : state.open()) {
      int left = regexes.next(p.expression(), value);
      if (left == Regexes.NOTHING) {
        continue;
      }
      if (left != Regexes.EMPTY) {
        open.add(new Progress(p.set(), p.terminal(), left));
      }
      if (regexes.nullable(left)) {
        ItemSet behind = behind(p);
        accepting |= behind.accepting;
        if (entered.add(behind)) {
          open.addAll(starts(behind));
        }
      }
    }
    return new State(new ArrayList<>(open), accepting);
  }
}
