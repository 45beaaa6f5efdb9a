package dev.tensafe.grammar.regex;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An expression as bytes that say all of it, the same for equal expressions of different {@link
 * Regexes}: what is found out about one holds for the other. Large ones have none.
 */
final class Structure {
  private final Regexes regexes;
  private int left;

  private Structure(Regexes regexes, int most) {
    this.regexes = regexes;
    this.left = most;
  }

  /**
   * @param most bytes; what needs more is null
   */
  static byte @Nullable [] of(Regexes regexes, int id, int most) {
    Bytes out = new Bytes();
    return new Structure(regexes, most).write(id, out) ? out.toArray() : null;
  }

  private static final class Bytes {
    private byte[] of = new byte[64];
    private int size;

    void add(int value) {
      if (size == of.length) {
        of = Arrays.copyOf(of, size * 2);
      }
      of[size++] = (byte) value;
    }

    void addInt(int value) {
      for (int shift = 24; shift >= 0; shift -= 8) {
        add(value >>> shift);
      }
    }

    void addLong(long value) {
      addInt((int) (value >>> 32));
      addInt((int) value);
    }

    void addAll(byte[] more) {
      for (byte value : more) {
        add(value);
      }
    }

    byte[] toArray() {
      return Arrays.copyOf(of, size);
    }
  }

  /** False when there is no room. */
  private boolean write(int id, Bytes out) {
    Node node = regexes.node(id);
    left -= 2;
    if (left < 0) {
      return false;
    }
    if (node instanceof Node.Bytes b) {
      int only = b.set().only();
      if (only >= 0) {
        out.add('s');
        out.add(only);
        return true;
      }
      left -= 32;
      out.add('b');
      out.addLong(b.set().w0());
      out.addLong(b.set().w1());
      out.addLong(b.set().w2());
      out.addLong(b.set().w3());
      return true;
    }
    if (node instanceof Node.Then t) {
      out.add('t');
      return write(t.first(), out) && write(t.rest(), out);
    }
    if (node instanceof Node.Any a) {
      out.add('|');
      return writeSorted(a.of(), out);
    }
    if (node instanceof Node.All a) {
      out.add('&');
      return writeSorted(a.of(), out);
    }
    if (node instanceof Node.Not n) {
      out.add('!');
      return write(n.of(), out);
    }
    if (node instanceof Node.Repeat r) {
      left -= 8;
      out.add('*');
      out.addInt(r.min());
      out.addInt(r.max());
      return write(r.of(), out);
    }
    if (node instanceof Node.Multiple m) {
      left -= 9;
      out.add('m');
      out.addInt(m.divisor());
      out.addInt(m.remainder());
      out.add(m.begun() ? 1 : 0);
      return true;
    }
    out.add(id == Regexes.EMPTY ? 'e' : 'n');
    return true;
  }

  /** Parts in an order that does not depend on their ids. */
  private boolean writeSorted(Ids parts, Bytes out) {
    byte[][] all = new byte[parts.size()][];
    if (all.length > left) {
      return false;
    }
    for (int i = 0; i < all.length; i++) {
      Bytes part = new Bytes();
      if (!write(parts.get(i), part)) {
        return false;
      }
      all[i] = part.toArray();
    }
    Arrays.sort(all, Arrays::compareUnsigned);
    out.addInt(all.length);
    for (byte[] part : all) {
      out.addAll(part);
    }
    return true;
  }
}
