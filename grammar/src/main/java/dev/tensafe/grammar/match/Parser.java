package dev.tensafe.grammar.match;

import dev.tensafe.grammar.Fuel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Earley's parser, with the advance over symbols that may be empty at their prediction (Aycock and
 * Horspool, "Practical Earley Parsing", 2002).
 *
 * <p>An item before its last symbol is not kept: what is predicted for that symbol reports its end
 * to where the item would have reported its own, as a call at the end of a function needs no return
 * of its own. So a list that is written as an item and the rest of the list takes as few sets as
 * one written the other way round (the purpose of Leo, "A general context-free parsing algorithm
 * running in linear time on every LR(k) grammar", 1991).
 *
 * <p>Thread-safe. Sets that are known are shared; when there are too many, all are forgotten and
 * made anew, while texts under way go on with theirs.
 */
final class Parser {
  /** Items of all sets that are kept. */
  private static final int MOST_ITEMS = 400_000;

  private final Grammar grammar;
  private final AtomicInteger numbers = new AtomicInteger();
  private volatile Known known = new Known();

  Parser(Grammar grammar) {
    this.grammar = grammar;
  }

  /** Sets, and the ways between them. */
  private static final class Known {
    private final Map<ItemSet, ItemSet> sets = new ConcurrentHashMap<>();
    private final Map<List<Way>, ItemSet> ways = new ConcurrentHashMap<>();
    private final AtomicInteger items = new AtomicInteger();

    ItemSet keep(ItemSet made) {
      ItemSet before = sets.putIfAbsent(made, made);
      if (before == null) {
        items.addAndGet(made.size() + 4);
      }
      return before == null ? made : before;
    }
  }

  /** A terminal that began at a set and ends. Compared by the set as an object. */
  record Way(ItemSet from, int terminal) {
    @Override
    public int hashCode() {
      return from.number * 31 + terminal;
    }

    @Override
    @SuppressWarnings("ReferenceEquality")
    public boolean equals(Object o) {
      return o instanceof Way w && from == w.from && terminal == w.terminal;
    }
  }

  private record Item(int place, @Nullable ItemSet origin, int report) {
    @Override
    public int hashCode() {
      return (place * 31 + report) * 31 + numberOf(origin);
    }

    @Override
    @SuppressWarnings("ReferenceEquality")
    public boolean equals(Object o) {
      return o instanceof Item i && place == i.place && report == i.report && origin == i.origin;
    }
  }

  private static int numberOf(@Nullable ItemSet set) {
    return set == null ? -1 : set.number;
  }

  /** The set before any text. */
  ItemSet begin(Fuel fuel) {
    Closure closure = new Closure(true, fuel);
    closure.predict(grammar.start(), null, grammar.start());
    closure.accepting = grammar.nullable(grammar.start());
    return known.keep(closure.finish());
  }

  /**
   * The set at a place where terminals end. All of them lead to one set, as in Earley's parser, or
   * the ways to cut a text would be counted one by one.
   *
   * @param ways none twice
   */
  ItemSet after(List<Way> ways, Fuel fuel) {
    Known now = known;
    ItemSet next = now.ways.get(ways);
    if (next != null) {
      return next;
    }
    Closure closure = new Closure(false, fuel);
    for (Way way : ways) {
      closure.advance(way.from(), way.terminal());
    }
    next = now.keep(closure.finish());
    now.ways.put(List.copyOf(ways), next);
    now.items.addAndGet(ways.size());
    if (now.items.get() > MOST_ITEMS) {
      known = new Known();
    }
    return next;
  }

  /** Items that sets are made of at present. */
  int items() {
    return known.items.get();
  }

  private final class Closure {
    private final Set<Item> seen = new HashSet<>();
    private final List<Item> items = new ArrayList<>();

    /** What was predicted: place 0 stands for a symbol's productions. */
    private final Set<Item> predicted = new HashSet<>();

    private final boolean first;
    private final Fuel fuel;
    private boolean accepting;

    Closure(boolean first, Fuel fuel) {
      this.first = first;
      this.fuel = fuel;
    }

    /** Adds the items of a set that wait for a symbol, one place on. */
    void advance(ItemSet from, int symbol) {
      for (int i = from.firstWaitingFor(symbol); from.waitsFor(i, symbol); i++) {
        ItemSet origin = from.origins[i];
        add(from.places[i] + 1, origin == null ? from : origin, from.reports[i]);
      }
    }

    private void add(int place, @Nullable ItemSet origin, int report) {
      fuel.spend(2);
      Item item = new Item(place, origin, report);
      if (seen.add(item)) {
        items.add(item);
      }
    }

    void predict(int symbol, @Nullable ItemSet origin, int report) {
      if (predicted.add(new Item(symbol, origin, report))) {
        for (int production : grammar.productions(symbol)) {
          add(grammar.firstPlace(production), origin, report);
        }
      }
    }

    ItemSet finish() {
      List<Item> open = new ArrayList<>();
      for (int i = 0; i < items.size(); i++) {
        Item item = items.get(i);
        int symbol = grammar.symbolAt(item.place());
        if (symbol < 0) {
          complete(item);
        } else if (grammar.isTerminal(symbol)) {
          open.add(item);
        } else {
          if (item.origin() != null && grammar.symbolAt(item.place() + 1) < 0) {
            predict(symbol, item.origin(), item.report());
          } else {
            predict(symbol, null, symbol);
            open.add(item);
          }
          if (grammar.nullable(symbol)) {
            add(item.place() + 1, item.origin(), item.report());
          }
        }
      }
      open.sort(
          Comparator.<Item>comparingInt(item -> grammar.symbolAt(item.place()))
              .thenComparingInt(Item::place)
              .thenComparingInt(Item::report)
              .thenComparingInt(item -> numberOf(item.origin())));
      return new ItemSet(
          grammar,
          numbers.getAndIncrement(),
          first,
          accepting,
          open.stream().mapToInt(Item::place).toArray(),
          open.stream().map(Item::origin).toArray(ItemSet[]::new),
          open.stream().mapToInt(Item::report).toArray());
    }

    private void complete(Item item) {
      ItemSet origin = item.origin();
      if (origin == null) {
        return; // of nothing: whoever waits for it was advanced when it was predicted
      }
      advance(origin, item.report());
      accepting |= item.report() == grammar.start() && origin.first;
    }
  }
}
