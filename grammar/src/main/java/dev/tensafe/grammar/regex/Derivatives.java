package dev.tensafe.grammar.regex;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is left of expressions behind a byte, and whether anything is. Confined to its owner. */
final class Derivatives {
  private final Regexes regexes;

  /** Of expressions with "all of" or "not": whether they have a text. */
  private static final int MOST_KEPT = 20_000;

  /** Derivatives by expression and byte. */
  private final Map<Long, Integer> kept = new HashMap<>();

  private final Map<Integer, Boolean> alive = new HashMap<>();

  Derivatives(Regexes regexes) {
    this.regexes = regexes;
  }

  int of(int id, int value) {
    regexes.fuel().spend(1);
    Node node = regexes.node(id);
    if (node instanceof Node.Bytes b) {
      return b.set().has(value) ? Regexes.EMPTY : Regexes.NOTHING;
    }
    if (node instanceof Node.Then t) {
      return ofChain(t, value);
    }
    if (node instanceof Node.Any a) {
      return regexes.any(ofEach(a.of(), value));
    }
    if (node instanceof Node.All a) {
      return regexes.all(ofAll(a.of(), value));
    }
    if (node instanceof Node.Not n) {
      return regexes.not(of(n.of(), value));
    }
    if (node instanceof Node.Repeat r) {
      int first = of(r.of(), value);
      int left = r.max() == Regexes.UNBOUNDED ? Regexes.UNBOUNDED : r.max() - 1;
      return first == Regexes.NOTHING
          ? Regexes.NOTHING
          : regexes.then(first, regexes.repeat(r.of(), Math.max(0, r.min() - 1), left));
    }
    if (node instanceof Node.Multiple m) {
      if (value < '0' || value > '9') {
        return value == '.' ? id : Regexes.NOTHING;
      }
      long digits = m.remainder() * 10L + value - '0';
      return regexes.id(new Node.Multiple(m.divisor(), (int) (digits % m.divisor()), true));
    }
    return Regexes.NOTHING;
  }

  private int[] ofEach(Ids parts, int value) {
    int[] of = new int[parts.size()];
    for (int i = 0; i < of.length; i++) {
      of[i] = of(parts.get(i), value);
    }
    return of;
  }

  /** The same, kept: parts of "all of" come again with others beside them. */
  private int[] ofAll(Ids parts, int value) {
    int[] of = new int[parts.size()];
    for (int i = 0; i < of.length; i++) {
      long key = ((long) parts.get(i) << 8) | value;
      Integer known = kept.get(key);
      if (known == null) {
        known = of(parts.get(i), value);
        if (kept.size() >= MOST_KEPT) {
          kept.clear();
        }
        kept.put(key, known);
      }
      of[i] = known;
    }
    return of;
  }

  /** Of parts in a row: the first, and those behind while all before may be empty. */
  private int ofChain(Node.Then chain, int value) {
    int first = regexes.then(of(chain.first(), value), chain.rest());
    if (!regexes.nullable(chain.first())) {
      return first;
    }
    IdSet all = new IdSet(4);
    all.add(first);
    int rest = chain.rest();
    while (true) {
      if (!(regexes.node(rest) instanceof Node.Then t)) {
        all.add(of(rest, value));
        break;
      }
      all.add(regexes.then(of(t.first(), value), t.rest()));
      if (!regexes.nullable(t.first())) {
        break;
      }
      rest = t.rest();
    }
    return regexes.any(all.ascending());
  }

  /** Depth first, until a text is found or all that can be reached has been seen. */
  boolean isAlive(int start) {
    Boolean known = alive.get(start);
    if (known != null) {
      return known;
    }
    ByteClasses classes = regexes.classes();
    List<Integer> stack = new ArrayList<>(List.of(start));
    Map<Integer, Integer> seen = new HashMap<>();
    seen.put(start, start);
    while (!stack.isEmpty()) {
      int id = stack.remove(stack.size() - 1);
      for (int c = 0; c < classes.count(); c++) {
        int next = of(id, classes.representative(c));
        if (next == Regexes.NOTHING || Boolean.FALSE.equals(alive.get(next))) {
          continue;
        }
        if (regexes.nullable(next) || regexes.plain(next) || Boolean.TRUE.equals(alive.get(next))) {
          for (int on = id; ; on = seen.getOrDefault(on, start)) {
            alive.put(on, true);
            if (on == start) {
              return true;
            }
          }
        }
        if (seen.putIfAbsent(next, id) == null) {
          stack.add(next);
        }
      }
    }
    seen.keySet().forEach(id -> alive.put(id, false));
    return false;
  }
}
