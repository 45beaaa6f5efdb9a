package dev.tensafe.grammar.regex;

import dev.tensafe.grammar.Fuel;
import dev.tensafe.grammar.GrammarException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Regular expressions over bytes, each with an id. Equal ones have one id, and simple equalities
 * are applied when one is made, so that derivatives lead back to ids already there: ids are the
 * states of an automaton ({@link LazyDfa}). How many there may be, and the work of making them, are
 * bounded. Confined to one thread until a grammar is built of them; from then on its automaton
 * guards them.
 */
public final class Regexes {
  /** No upper end of a repetition. */
  public static final int UNBOUNDED = -1;

  /** The language without a text. */
  public static final int NOTHING = 0;

  /** The language of the empty text. */
  public static final int EMPTY = 1;

  /** Steps of making expressions, before a grammar is built: about a second. */
  private static final long MOST_WORK = 20_000_000;

  /** A derivative calls itself for each level. */
  private static final int MOST_DEPTH = 500;

  /** Alternatives that begin alike are joined to this depth, and further as the text goes on. */
  private static final int MOST_JOINED = 64;

  private static final int MOST_LENGTH = 1 << 20;

  /** Opens and closes the private text of a special token: a byte that UTF-8 never has. */
  private static final byte SPECIAL = (byte) 0xff;

  private final int mostNodes;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<Node, Integer> ids = new HashMap<>();
  private final Map<String, CodePoints> properties = new HashMap<>();
  private final Derivatives derivatives = new Derivatives(this);
  private final ReentrantLock lock = new ReentrantLock();
  private Fuel fuel = new Fuel(MOST_WORK);
  private int joining;
  private boolean multiples;
  private ByteClasses classes = ByteClasses.ONE;

  /** By id. */
  private boolean[] nullable = new boolean[64];

  /** By id: whether no part says "all of" or "not"; only they can be dead and not show it. */
  private boolean[] plain = new boolean[64];

  /** By id: calls that a derivative takes inside each other. */
  private short[] depths = new short[64];

  /** By id: bytes of its shortest text, or fewer. */
  private int[] leastLengths = new int[64];

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

  /** Every text of bytes, special tokens' texts included. */
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

  /**
   * A special token of the vocabulary, as such: its private text, which no other token has and no
   * text in UTF-8 contains.
   *
   * @param name as the vocabulary spells it, {@code [TOOL_CALLS]}
   */
  public int special(String name) {
    return literal(specialText(name));
  }

  /** The private text of a special token. */
  public static byte[] specialText(String name) {
    byte[] inside = name.getBytes(StandardCharsets.UTF_8);
    byte[] text = new byte[inside.length + 2];
    System.arraycopy(inside, 0, text, 1, inside.length);
    text[0] = SPECIAL;
    text[text.length - 1] = SPECIAL;
    return text;
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
    if (!(node(first) instanceof Node.Then)) {
      return id(new Node.Then(first, rest));
    }
    List<Integer> chain = new ArrayList<>();
    int last = first;
    while (node(last) instanceof Node.Then t) {
      chain.add(t.first());
      last = t.rest();
    }
    int id = id(new Node.Then(last, rest));
    for (int i = chain.size() - 1; i >= 0; i--) {
      id = id(new Node.Then(chain.get(i), id));
    }
    return id;
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
    IdSet all = new IdSet(of.length);
    for (int part : of) {
      if (node(part) instanceof Node.Any a) {
        all.addAll(a.of());
      } else {
        all.add(part);
      }
    }
    int[] parts = all.ascending();
    fuel.spend(parts.length);
    ByteSet bytes = ByteSet.NONE;
    IdSet kept = new IdSet(parts.length + 1);
    boolean empty = false;
    boolean emptyShows = true;
    for (int part : parts) {
      if (part == everything) {
        return everything;
      } else if (node(part) instanceof Node.Bytes b) {
        bytes = bytes.or(b.set());
      } else if (part == EMPTY) {
        empty = true;
      } else if (part != NOTHING) {
        emptyShows &= !nullable(part);
        kept.add(part);
      }
    }
    if (!bytes.isEmpty()) {
      kept.add(bytes(bytes));
    }
    if (empty && emptyShows) {
      kept.add(EMPTY);
    }
    int[] joined = joined(kept.ascending());
    return switch (joined.length) {
      case 0 -> NOTHING;
      case 1 -> joined[0];
      default -> id(new Node.Any(new Ids(joined)));
    };
  }

  /** Those that begin with the same expression as one: a list of words becomes a tree. */
  private int[] joined(int[] parts) {
    if (joining >= MOST_JOINED || parts.length < 2) {
      return parts;
    }
    Map<Integer, IdSet> byFirst = new HashMap<>();
    for (int part : parts) {
      if (node(part) instanceof Node.Then t) {
        byFirst.computeIfAbsent(t.first(), f -> new IdSet(4)).add(t.rest());
      }
    }
    IdSet all = new IdSet(parts.length);
    for (int part : parts) {
      if (!(node(part) instanceof Node.Then)) {
        all.add(part);
      }
    }
    joining++;
    try {
      byFirst.forEach((first, rests) -> all.add(then(first, any(rests.ascending()))));
    } finally {
      joining--;
    }
    return all.ascending();
  }

  /** All of several at once. */
  public int all(int... of) {
    IdSet flat = new IdSet(of.length);
    for (int part : of) {
      if (node(part) instanceof Node.All a) {
        flat.addAll(a.of());
      } else if (part != everything) {
        flat.add(part);
      }
    }
    int[] parts = flat.ascending();
    fuel.spend(parts.length);
    boolean empty = false;
    boolean allNullable = true;
    for (int part : parts) {
      if (part == NOTHING) {
        return NOTHING;
      }
      empty |= part == EMPTY;
      allNullable &= nullable(part);
    }
    if (empty) {
      return allNullable ? EMPTY : NOTHING;
    }
    return switch (parts.length) {
      case 0 -> everything;
      case 1 -> parts[0];
      default -> id(new Node.All(new Ids(parts)));
    };
  }

  /** What another is not. */
  public int not(int of) {
    return node(of) instanceof Node.Not n ? n.of() : id(new Node.Not(of));
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
    if (least == 0 && max == UNBOUNDED && node(of) instanceof Node.Repeat r) {
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
   * The decimal digits of multiples of a number, leading zeros included; points among them are
   * passed over.
   *
   * @param divisor positive
   */
  public int multiple(int divisor) {
    return id(new Node.Multiple(divisor, 0, false));
  }

  /** Whether the empty text is one of it. */
  public boolean nullable(int id) {
    return nullable[id];
  }

  /**
   * What may follow a byte.
   *
   * @param value 0 … 255
   * @return {@link #NOTHING} where nothing can, now or later; {@link #EMPTY} where only the end can
   */
  public int next(int id, int value) {
    int next = derivatives.of(id, value);
    if (!isAlive(next)) {
      return NOTHING;
    }
    return nullable(next) && !plain(next) && !derivatives.goesOn(next) ? EMPTY : next;
  }

  /** Whether it has a text at all. */
  public boolean isAlive(int id) {
    return id != NOTHING && (nullable(id) || plain(id) || derivatives.isAlive(id));
  }

  boolean plain(int id) {
    return plain[id];
  }

  int leastLength(int id) {
    return leastLengths[id];
  }

  Node node(int id) {
    return nodes.get(id);
  }

  /** Held by whoever uses expressions that several threads know. */
  ReentrantLock lock() {
    return lock;
  }

  /** Bytes that nothing here tells apart. */
  ByteClasses classes() {
    return classes;
  }

  Fuel fuel() {
    return fuel;
  }

  /** What is made from now on is at the expense of this; returns what it was before. */
  Fuel refuel(Fuel other) {
    Fuel before = fuel;
    fuel = other;
    return before;
  }

  /** Sets of characters by name, which take long to make. */
  Map<String, CodePoints> properties() {
    return properties;
  }

  int id(Node node) {
    fuel.spend(1);
    Integer known = ids.get(node);
    if (known != null) {
      return known;
    }
    int id = nodes.size();
    if (id >= mostNodes) {
      throw GrammarException.tooComplex("more than " + mostNodes + " states");
    }
    Traits traits = Traits.of(node, this);
    if (traits.depth() > MOST_DEPTH) {
      throw GrammarException.tooComplex("a pattern more than " + MOST_DEPTH + " levels deep");
    }
    if (id == nullable.length) {
      nullable = Arrays.copyOf(nullable, id * 2);
      plain = Arrays.copyOf(plain, id * 2);
      depths = Arrays.copyOf(depths, id * 2);
      leastLengths = Arrays.copyOf(leastLengths, id * 2);
    }
    nullable[id] = traits.nullable();
    plain[id] = traits.plain();
    depths[id] = (short) traits.depth();
    leastLengths[id] = (int) Math.min(traits.leastLength(), MOST_LENGTH);
    if (node instanceof Node.Bytes b) {
      classes = classes.and(b.set());
    } else if (node instanceof Node.Multiple && !multiples) {
      multiples = true;
      for (int value = '.'; value <= '9'; value++) {
        classes = classes.and(ByteSet.range(value, value));
      }
    }
    ids.put(node, id);
    nodes.add(node);
    return id;
  }

  int depth(int id) {
    return depths[id];
  }
}
