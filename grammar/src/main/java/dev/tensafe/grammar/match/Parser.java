package dev.tensafe.grammar.match;

import dev.tensafe.grammar.GrammarException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Earley's parser, with the advance over symbols that may be empty at their prediction (Aycock and
 * Horspool, "Practical Earley Parsing", 2002). Confined to the grammar's owner.
 */
final class Parser {
  /** Items of one set at most: more is an ambiguity that nobody meant. */
  private static final int MOST_ITEMS = 20_000;

  /** Sets that are kept to be found again; beyond, all are forgotten, and made anew. */
  private static final int MOST_KEPT = 50_000;

  private final Grammar grammar;
  private final Map<ItemSet, ItemSet> kept = new HashMap<>();
  private int next;

  Parser(Grammar grammar) {
    this.grammar = grammar;
  }

  private record Item(int place, @Nullable ItemSet origin) {}

  /** The set before any text. */
  ItemSet begin() {
    Closure closure = new Closure(true);
    closure.predict(grammar.start());
    closure.accepting = grammar.nullable(grammar.start());
    return closure.finish();
  }

  /** The set behind a terminal. */
  ItemSet advance(ItemSet from, int terminal) {
    Closure closure = new Closure(false);
    closure.advance(from, terminal);
    return closure.finish();
  }

  private final class Closure {
    private final Set<Item> seen = new HashSet<>();
    private final List<Item> items = new ArrayList<>();
    private final Set<Integer> predicted = new HashSet<>();
    private final boolean first;
    private boolean accepting;

    Closure(boolean first) {
      this.first = first;
    }

    /** Adds the items of a set that wait for a symbol, one place on. */
    void advance(ItemSet from, int symbol) {
      for (int i : from.waitingFor(symbol)) {
        ItemSet origin = from.origins[i];
        add(from.places[i] + 1, origin == null ? from : origin);
      }
    }

    private void add(int place, @Nullable ItemSet origin) {
      Item item = new Item(place, origin);
      if (seen.add(item)) {
        if (seen.size() > MOST_ITEMS) {
          throw GrammarException.tooComplex("the grammar is too ambiguous");
        }
        items.add(item);
      }
    }

    void predict(int symbol) {
      if (predicted.add(symbol)) {
        for (int production : grammar.productions(symbol)) {
          add(grammar.firstPlace(production), null);
        }
      }
    }

    ItemSet finish() {
      for (int i = 0; i < items.size(); i++) {
        Item item = items.get(i);
        int symbol = grammar.symbolAt(item.place());
        if (symbol < 0) {
          complete(item);
        } else if (!grammar.isTerminal(symbol)) {
          predict(symbol);
          if (grammar.nullable(symbol)) {
            add(item.place() + 1, item.origin());
          }
        }
      }
      List<Item> open = new ArrayList<>(items);
      open.removeIf(item -> grammar.symbolAt(item.place()) < 0);
      open.sort(
          Comparator.<Item>comparingInt(Item::place)
              .thenComparingInt(item -> item.origin() == null ? -1 : item.origin().number));
      ItemSet set =
          new ItemSet(
              grammar,
              next++,
              first,
              open.stream().mapToInt(Item::place).toArray(),
              open.stream().map(Item::origin).toArray(ItemSet[]::new),
              accepting);
      if (kept.size() >= MOST_KEPT) {
        kept.clear();
      }
      return kept.computeIfAbsent(set, s -> s);
    }

    private void complete(Item item) {
      ItemSet origin = item.origin();
      if (origin == null) {
        return; // of nothing: whoever waits for it was advanced when it was predicted
      }
      int head = grammar.head(grammar.productionAt(item.place()));
      advance(origin, head);
      accepting |= head == grammar.start() && origin.first;
    }
  }
}
