package dev.tensafe.grammar.match;

import dev.tensafe.grammar.Fuel;
import dev.tensafe.grammar.regex.LazyDfa;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What may come at one place of a text: productions under way, each with the set to which its end
 * is reported, and as which symbol. A set depends on nothing but its items, so one that is reached
 * again is the same object; a text of any length goes through few of them as long as it nests no
 * deeper. Items whose production is complete are left out once they have had their effect, and so
 * are those that wait for their last symbol (see {@link Parser}). Immutable, and thread-safe.
 */
final class ItemSet {
  /** More terminals than this that begin with the same byte are followed as one. */
  private static final int FEW = 6;

  /** By item, ascending: the symbol that it waits for. */
  private final int[] symbols;

  final int[] places;

  /** By item: where the end of its production is reported; null is this set. */
  final @Nullable ItemSet[] origins;

  /** By item: the symbol as which it is reported. */
  final int[] reports;

  /** Whether the whole text may end here. */
  final boolean accepting;

  /** Terminals that may come, ascending. */
  final int[] terminals;

  /** Tells it from the other sets of one parser. */
  final int number;

  /** Whether no text is before it. */
  final boolean first;

  private final int hash;

  /** By class of byte, made when asked for. */
  private final AtomicReferenceArray<Starts> starts;

  /**
   * Terminals that may begin with a byte of one class, and the states behind it.
   *
   * @param all a state that goes the ways of all of them; 0 where they are few
   */
  record Starts(int[] terminals, int[] states, int all) {}

  ItemSet(
      Grammar grammar,
      int number,
      boolean first,
      boolean accepting,
      int[] places,
      @Nullable ItemSet[] origins,
      int[] reports) {
    this.number = number;
    this.first = first;
    this.accepting = accepting;
    this.places = places;
    this.origins = origins;
    this.reports = reports;
    this.symbols = new int[places.length];
    int mixed = accepting ? 1 : 0;
    for (int i = 0; i < places.length; i++) {
      symbols[i] = grammar.symbolAt(places[i]);
      ItemSet origin = origins[i];
      mixed = mixed * 31 + places[i];
      mixed = mixed * 31 + (origin == null ? -1 : origin.number);
      mixed = mixed * 31 + reports[i];
    }
    this.hash = mixed;
    this.terminals = Arrays.stream(symbols).filter(grammar::isTerminal).distinct().toArray();
    this.starts = new AtomicReferenceArray<>(grammar.dfa().classes());
  }

  int size() {
    return places.length;
  }

  /** The first item that waits for a symbol, or a higher one. */
  int firstWaitingFor(int symbol) {
    int low = 0;
    int high = symbols.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (symbols[middle] < symbol) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  boolean waitsFor(int item, int symbol) {
    return item < symbols.length && symbols[item] == symbol;
  }

  /** The terminals that may begin with a byte. */
  Starts starts(Grammar grammar, int byteClass, Fuel fuel) {
    Starts known = starts.get(byteClass);
    if (known != null) {
      return known;
    }
    LazyDfa dfa = grammar.dfa();
    int[] found = new int[terminals.length];
    int[] states = new int[terminals.length];
    int count = 0;
    fuel.spend(terminals.length / 4 + 1);
    for (int terminal : terminals) {
      int state = dfa.next(grammar.state(terminal), byteClass, fuel);
      if (state != LazyDfa.NOTHING) {
        found[count] = terminal;
        states[count++] = state;
      }
    }
    states = Arrays.copyOf(states, count);
    int all = count > FEW ? dfa.any(states, fuel) : LazyDfa.NOTHING;
    Starts made = new Starts(Arrays.copyOf(found, count), states, all);
    starts.set(byteClass, made);
    return made;
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** By content: the same items. */
  @Override
  @SuppressWarnings("ReferenceEquality")
  public boolean equals(Object o) {
    if (!(o instanceof ItemSet other)
        || hash != other.hash
        || first != other.first
        || accepting != other.accepting
        || !Arrays.equals(places, other.places)
        || !Arrays.equals(reports, other.reports)) {
      return false;
    }
    for (int i = 0; i < origins.length; i++) {
      if (origins[i] != other.origins[i]) {
        return false;
      }
    }
    return true;
  }
}
