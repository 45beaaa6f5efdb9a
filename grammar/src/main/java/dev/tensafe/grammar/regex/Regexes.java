package dev.tensafe.grammar.regex;

import dev.tensafe.grammar.GrammarException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Regular expressions over bytes, each with an id. Equal ones have one id, and simple equalities
 * are applied when one is made, so that derivatives lead back to ids already there: ids are the
 * states of an automaton, whose transitions are computed when they are first asked for. Confined to
 * one thread at a time.
 */
public final class Regexes {
  /** No upper end of a repetition. */
  public static final int UNBOUNDED = -1;

  /** The language without a text. */
  public static final int NOTHING = 0;

  /** The language of the empty text. */
  public static final int EMPTY = 1;

  private static final int UNKNOWN = -1;

  private final int mostNodes;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<Node, Integer> ids = new HashMap<>();
  private final List<int[]> transitions = new ArrayList<>();
  private final List<Boolean> nullable = new ArrayList<>();

  /** Whether no part says "all of" or "not": only they can be without texts and not show it. */
  private final List<Boolean> plain = new ArrayList<>();

  private final Map<Integer, Boolean> alive = new HashMap<>();
  private final int everything;

  /**
   * @param mostNodes expressions, and so states, that may come to be
   */
  public Regexes(int mostNodes) {
    this.mostNodes = mostNodes;
    id(new Node.Nothing());
    id(new Node.Empty());
    this.everything = id(new Node.Not(NOTHING));
  }

  /** Expressions there are. */
  public int size() {
    return nodes.size();
  }

  /** Every text. */
  public int everything() {
    return everything;
  }

  /** One byte between two, both included. */
  public int range(int first, int last) {
    return bytes(ByteSet.range(first, last));
  }

  int bytes(ByteSet set) {
    return set.isEmpty() ? NOTHING : id(new Node.Bytes(set));
  }

  /** These bytes. */
  public int literal(byte[] text) {
    int id = EMPTY;
    for (int i = text.length - 1; i >= 0; i--) {
      int value = text[i] & 0xff;
      id = then(range(value, value), id);
    }
    return id;
  }

  /** One text, then another. */
  public int then(int first, int rest) {
    if (first == NOTHING || rest == NOTHING) {
      return NOTHING;
    }
    if (first == EMPTY) {
      return rest;
    }
    if (rest == EMPTY) {
      return first;
    }
    if (nodes.get(first) instanceof Node.Then t) {
      return then(t.first(), then(t.rest(), rest));
    }
    return id(new Node.Then(first, rest));
  }

  /** Several in a row. */
  public int sequence(int... parts) {
    int id = EMPTY;
    for (int i = parts.length - 1; i >= 0; i--) {
      id = then(parts[i], id);
    }
    return id;
  }

  /** Any of several. */
  public int any(int... of) {
    TreeSet<Integer> parts = new TreeSet<>();
    ByteSet bytes = ByteSet.NONE;
    for (int part : of) {
      if (nodes.get(part) instanceof Node.Any a) {
        parts.addAll(a.of());
      } else {
        parts.add(part);
      }
    }
    parts.remove(NOTHING);
    if (parts.contains(everything)) {
      return everything;
    }
    for (int part : parts) {
      if (nodes.get(part) instanceof Node.Bytes b) {
        bytes = bytes.or(b.set());
      }
    }
    parts.removeIf(part -> nodes.get(part) instanceof Node.Bytes);
    if (!bytes.isEmpty()) {
      parts.add(bytes(bytes));
    }
    if (parts.contains(EMPTY) && parts.stream().anyMatch(p -> p != EMPTY && nullable(p))) {
      parts.remove(EMPTY);
    }
    return switch (parts.size()) {
      case 0 -> NOTHING;
      case 1 -> parts.first();
      default -> id(new Node.Any(List.copyOf(parts)));
    };
  }

  /** All of several at once. */
  public int all(int... of) {
    TreeSet<Integer> parts = new TreeSet<>();
    for (int part : of) {
      if (nodes.get(part) instanceof Node.All a) {
        parts.addAll(a.of());
      } else {
        parts.add(part);
      }
    }
    parts.remove(everything);
    if (parts.contains(NOTHING)) {
      return NOTHING;
    }
    if (parts.contains(EMPTY)) {
      return parts.stream().allMatch(this::nullable) ? EMPTY : NOTHING;
    }
    return switch (parts.size()) {
      case 0 -> everything;
      case 1 -> parts.first();
      default -> id(new Node.All(List.copyOf(parts)));
    };
  }

  /** What another is not. */
  public int not(int of) {
    return nodes.get(of) instanceof Node.Not n ? n.of() : id(new Node.Not(of));
  }

  /**
   * A text several times over.
   *
   * @param max {@link #UNBOUNDED} for no end
   */
  public int repeat(int of, int min, int max) {
    if (min < 0 || (max != UNBOUNDED && max < min)) {
      throw new IllegalArgumentException("from " + min + " to " + max + " times");
    }
    if (max == 0 || of == EMPTY) {
      return EMPTY;
    }
    if (of == NOTHING) {
      return min == 0 ? EMPTY : NOTHING;
    }
    int least = nullable(of) ? 0 : min;
    if (least == 1 && max == 1) {
      return of;
    }
    if (least == 0 && max == 1) {
      return any(EMPTY, of);
    }
    if (least == 0 && max == UNBOUNDED && nodes.get(of) instanceof Node.Repeat r) {
      if (r.min() <= 1 && r.max() == UNBOUNDED) {
        return repeat(r.of(), 0, UNBOUNDED);
      }
    }
    return id(new Node.Repeat(of, least, max));
  }

  /** Zero or one. */
  public int optional(int of) {
    return any(EMPTY, of);
  }

  /**
   * The decimal digits of multiples of a number, leading zeros included.
   *
   * @param divisor positive
   */
  public int multiple(int divisor) {
    return id(new Node.Multiple(divisor, 0, false));
  }

  /** Whether the empty text is one of it. */
  public boolean nullable(int id) {
    return nullable.get(id);
  }

  /**
   * What may follow a byte.
   *
   * @param value 0 … 255
   * @return {@link #NOTHING} where nothing can, now or later
   */
  public int next(int id, int value) {
    int[] row = transitions.get(id);
    if (row.length == 0) {
      row = new int[256];
      Arrays.fill(row, UNKNOWN);
      transitions.set(id, row);
    }
    int next = row[value];
    if (next == UNKNOWN) {
      next = derivative(id, value);
      next = isAlive(next) ? next : NOTHING;
      row[value] = next;
    }
    return next;
  }

  private int derivative(int id, int value) {
    Node node = nodes.get(id);
    if (node instanceof Node.Bytes b) {
      return b.set().has(value) ? EMPTY : NOTHING;
    }
    if (node instanceof Node.Then t) {
      int first = then(derivative(t.first(), value), t.rest());
      return nullable(t.first()) ? any(first, derivative(t.rest(), value)) : first;
    }
    if (node instanceof Node.Any a) {
      return any(a.of().stream().mapToInt(part -> derivative(part, value)).toArray());
    }
    if (node instanceof Node.All a) {
      return all(a.of().stream().mapToInt(part -> derivative(part, value)).toArray());
    }
    if (node instanceof Node.Not n) {
      return not(derivative(n.of(), value));
    }
    if (node instanceof Node.Repeat r) {
      int left = r.max() == UNBOUNDED ? UNBOUNDED : r.max() - 1;
      return then(derivative(r.of(), value), repeat(r.of(), Math.max(0, r.min() - 1), left));
    }
    if (node instanceof Node.Multiple m) {
      if (value < '0' || value > '9') {
        return NOTHING;
      }
      long digits = m.remainder() * 10L + value - '0';
      return id(new Node.Multiple(m.divisor(), (int) (digits % m.divisor()), true));
    }
    return NOTHING;
  }

  /** Whether it has a text at all. */
  public boolean isAlive(int id) {
    Node node = nodes.get(id);
    if (node instanceof Node.Nothing) {
      return false;
    }
    if (nullable(id) || plain(id)) {
      return true;
    }
    Boolean known = alive.get(id);
    return known != null ? known : search(id);
  }

  private boolean plain(int id) {
    return plain.get(id);
  }

  /** Depth first, until a text is found or all that can be reached has been seen. */
  private boolean search(int start) {
    List<Integer> stack = new ArrayList<>(List.of(start));
    Map<Integer, Integer> seen = new HashMap<>();
    seen.put(start, start);
    while (!stack.isEmpty()) {
      int id = stack.remove(stack.size() - 1);
      TreeSet<Integer> followers = new TreeSet<>();
      for (int value = 0; value < 256; value++) {
        followers.add(derivative(id, value));
      }
      for (int next : followers) {
        if (nullable(next)
            || Boolean.TRUE.equals(alive.get(next))
            || (next != NOTHING && plain(next))) {
          for (int on = id; ; on = seen.getOrDefault(on, start)) {
            alive.put(on, true);
            if (on == start) {
              return true;
            }
          }
        }
        if (!Boolean.FALSE.equals(alive.get(next))
            && next != NOTHING
            && seen.putIfAbsent(next, id) == null) {
          stack.add(next);
        }
      }
    }
    seen.keySet().forEach(id -> alive.put(id, false));
    return false;
  }

  private int id(Node node) {
    Integer known = ids.get(node);
    if (known != null) {
      return known;
    }
    if (nodes.size() >= mostNodes) {
      throw GrammarException.tooComplex("more than " + mostNodes + " states");
    }
    int id = nodes.size();
    ids.put(node, id);
    nodes.add(node);
    transitions.add(new int[0]);
    nullable.add(isNullable(node));
    plain.add(isPlain(node));
    return id;
  }

  private boolean isPlain(Node node) {
    if (node instanceof Node.Then t) {
      return plain(t.first()) && plain(t.rest());
    }
    if (node instanceof Node.Any a) {
      return a.of().stream().allMatch(this::plain);
    }
    if (node instanceof Node.Repeat r) {
      return plain(r.of());
    }
    return !(node instanceof Node.All || node instanceof Node.Not);
  }

  private boolean isNullable(Node node) {
    if (node instanceof Node.Empty) {
      return true;
    }
    if (node instanceof Node.Then t) {
      return nullable(t.first()) && nullable(t.rest());
    }
    if (node instanceof Node.Any a) {
      return a.of().stream().anyMatch(this::nullable);
    }
    if (node instanceof Node.All a) {
      return a.of().stream().allMatch(this::nullable);
    }
    if (node instanceof Node.Not n) {
      return !nullable(n.of());
    }
    if (node instanceof Node.Repeat r) {
      return r.min() == 0;
    }
    return node instanceof Node.Multiple m && m.begun() && m.remainder() == 0;
  }
}
