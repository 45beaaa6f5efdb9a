package dev.tensafe.grammar.match;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What may come at one place of a text: productions under way, each with the set in which it began.
 * A set depends on nothing but its items, so one that is reached again is the same object; a text
 * of any length goes through few of them as long as it nests no deeper. Items whose production is
 * complete are left out once they have had their effect. Confined to the grammar's owner.
 */
final class ItemSet {
  /** Places and origins by item; an origin of null is this set. */
  final int[] places;

  final @Nullable ItemSet[] origins;

  /** Whether the whole text may end here. */
  final boolean accepting;

  /** Terminals that may come, ascending. */
  final int[] terminals;

  /** Items by the symbol they wait for, as indices. */
  private final Map<Integer, int[]> waiting = new HashMap<>();

  private final Map<Integer, ItemSet> followers = new HashMap<>();
  private final int hash;

  /** Order among the sets of one parser. */
  final int number;

  /** Whether no text is before it. */
  final boolean first;

  ItemSet(
      Grammar grammar,
      int number,
      boolean first,
      int[] places,
      @Nullable ItemSet[] origins,
      boolean accepting) {
    this.number = number;
    this.first = first;
    this.places = places;
    this.origins = origins;
    this.accepting = accepting;
    int mixed = accepting ? 1 : 0;
    for (int i = 0; i < places.length; i++) {
      mixed = mixed * 31 + places[i];
      mixed = mixed * 31 + (origins[i] == null ? -1 : origins[i].number);
      int symbol = grammar.symbolAt(places[i]);
      int[] old = waiting.getOrDefault(symbol, new int[0]);
      int[] more = Arrays.copyOf(old, old.length + 1);
      more[old.length] = i;
      waiting.put(symbol, more);
    }
    this.hash = mixed;
    this.terminals =
        waiting.keySet().stream().filter(grammar::isTerminal).mapToInt(s -> s).sorted().toArray();
  }

  /** Items that wait for a symbol, as indices. */
  int[] waitingFor(int symbol) {
    return waiting.getOrDefault(symbol, new int[0]);
  }

  /** What may come after a terminal, computed by {@code parser} the first time. */
  ItemSet after(int terminal, Parser parser) {
    ItemSet next = followers.get(terminal);
    if (next == null) {
      next = parser.advance(this, terminal);
      followers.put(terminal, next);
    }
    return next;
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** By content: the same items with the same origins. */
  @Override
  public boolean equals(Object o) {
    if (!(o instanceof ItemSet other)
        || hash != other.hash
        || first != other.first
        || accepting != other.accepting
        || !Arrays.equals(places, other.places)) {
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
