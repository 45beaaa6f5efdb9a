package dev.tensafe.grammar.regex;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What is left of expressions behind a byte, and whether anything is. Confined to its owner. */
final class Derivatives {
  private final Regexes regexes;

  /** Of expressions with "all of" or "not": whether they have a text. */
  private static final int MOST_KEPT = 20_000;

  private static final int MOST_ENDINGS = 12;
  private static final int LONGEST_ENDING = 4;

  /** Derivatives by expression and byte. */
  private final Map<Long, Integer> kept = new HashMap<>();

  private final Map<Integer, Boolean> alive = new HashMap<>();

  /** Bytes that ended texts lately, most of them a quotation mark and what stands before it. */
  private final List<byte[]> endings = new ArrayList<>();

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

  /** Whether it has a text that is not empty; for one that shows it by no text of its parts. */
  boolean goesOn(int id) {
    ByteClasses classes = regexes.classes();
    for (int c = 0; c < classes.count(); c++) {
      if (regexes.isAlive(of(id, classes.representative(c)))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether it has a text: one of those that ended others lately, or any, looked for depth first
   * until all that can be reached has been seen.
   */
  boolean isAlive(int start) {
    Boolean known = alive.get(start);
    if (known != null) {
      return known;
    }
    boolean found = endsLikeOthers(start) || search(start);
    alive.put(start, found);
    return found;
  }

  private boolean endsLikeOthers(int start) {
    for (int i = 0; i < endings.size(); i++) {
      byte[] ending = endings.get(i);
      int id = start;
      for (int at = 0; at < ending.length && id != Regexes.NOTHING; at++) {
        id = of(id, ending[at] & 0xff);
        if (isEnd(id)) {
          endings.remove(i);
          endings.add(0, ending);
          return true;
        }
      }
    }
    return false;
  }

  private boolean isEnd(int id) {
    return id != Regexes.NOTHING && (regexes.nullable(id) || regexes.plain(id));
  }

  private boolean search(int start) {
    ByteClasses classes = regexes.classes();
    List<Step> path = new ArrayList<>(List.of(new Step(start)));
    Set<Integer> seen = new HashSet<>(Set.of(start));
    while (!path.isEmpty()) {
      Step step = path.get(path.size() - 1);
      if (step.tried == classes.count()) {
        path.remove(path.size() - 1);
        continue;
      }
      int next = of(step.id, classes.representative(step.tried++));
      if (next == Regexes.NOTHING || Boolean.FALSE.equals(alive.get(next))) {
        continue;
      }
      if (isEnd(next) || Boolean.TRUE.equals(alive.get(next))) {
        path.forEach(s -> alive.put(s.id, true));
        if (isEnd(next)) {
          remember(path, classes);
        }
        return true;
      }
      if (seen.add(next)) {
        path.add(new Step(next));
      }
    }
    seen.forEach(id -> alive.put(id, false));
    return false;
  }

  /** Keeps how a text ended: its last bytes, from each of a few places on. */
  private void remember(List<Step> path, ByteClasses classes) {
    for (int length = Math.min(LONGEST_ENDING, path.size()); length > 0; length--) {
      byte[] ending = new byte[length];
      for (int i = 0; i < length; i++) {
        int tried = path.get(path.size() - length + i).tried - 1;
        ending[i] = (byte) classes.representative(tried);
      }
      endings.removeIf(known -> Arrays.equals(known, ending));
      endings.add(0, ending);
    }
    if (endings.size() > MOST_ENDINGS) {
      endings.subList(MOST_ENDINGS, endings.size()).clear();
    }
  }

  /** One expression on a way that is tried. */
  private static final class Step {
    final int id;

    /** Classes of bytes tried. */
    int tried;

    Step(int id) {
      this.id = id;
    }
  }
}
