package dev.tensafe.grammar.regex;

import dev.tensafe.grammar.Fuel;
import dev.tensafe.grammar.GrammarException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Expressions as one deterministic automaton, whose transitions are computed when they are first
 * asked for. A state is an even number where its text may not end, an odd one where it may; {@link
 * #NOTHING} has no way on. Thread-safe: transitions that are known are read without a lock, one
 * that is not is computed under the lock of the expressions.
 */
public final class LazyDfa {
  /** The state from which nothing can be reached. */
  public static final int NOTHING = 0;

  /** The state in which the text has to end. */
  public static final int END = 3;

  private static final int FIRST_ROWS = 64;

  private final Regexes regexes;
  private final Horizon horizon;
  private final ByteClasses classes;
  private final int mostCells;

  /**
   * By row and class of byte: the next state plus one, 0 where it is not known. Only ever filled
   * in; a larger one takes its place with the same contents, so that an old one is never wrong.
   */
  private volatile int[] table;

  /** By expression. Under the lock of the expressions, as all below. */
  private final Map<Integer, Integer> states = new HashMap<>();

  private int[] expressions = new int[FIRST_ROWS];
  private int rows = 1;

  /**
   * Builds one.
   *
   * @param roots expressions that are asked for, and so all that they lead to
   * @param mostCells transitions that may come to be, of four bytes each
   */
  public LazyDfa(Regexes regexes, int[] roots, int mostCells) {
    this.regexes = regexes;
    this.horizon = new Horizon(regexes);
    this.mostCells = mostCells;
    regexes.lock().lock();
    try {
      this.classes = ByteClasses.of(regexes, roots);
      this.table = new int[FIRST_ROWS * classes.count()];
      stateOf(Regexes.EMPTY);
    } finally {
      regexes.lock().unlock();
    }
  }

  /** The state of an expression, one of the roots. */
  public int state(int expression, Fuel fuel) {
    regexes.lock().lock();
    Fuel before = regexes.refuel(fuel);
    try {
      return regexes.isAlive(expression) ? stateOf(expression) : NOTHING;
    } finally {
      regexes.refuel(before);
      regexes.lock().unlock();
    }
  }

  /** Whether the text may end in a state. */
  public static boolean mayEnd(int state) {
    return (state & 1) != 0;
  }

  /** Classes of bytes that nothing here tells apart. */
  public int classes() {
    return classes.count();
  }

  /** The class of a byte value 0 … 255. */
  public int classOf(int value) {
    return classes.of(value);
  }

  /**
   * The state behind a byte.
   *
   * @param byteClass of the byte
   */
  public int next(int state, int byteClass, Fuel fuel) {
    int[] known = table;
    int at = (state >>> 1) * classes.count() + byteClass;
    int next = at < known.length ? known[at] : 0;
    return next != 0 ? next - 1 : derive(state, byteClass, fuel);
  }

  private int derive(int state, int byteClass, Fuel fuel) {
    if (state == NOTHING) {
      return NOTHING;
    }
    regexes.lock().lock();
    Fuel before = regexes.refuel(fuel);
    try {
      int expression = regexes.next(expressions[state >>> 1], classes.representative(byteClass));
      int next = expression == Regexes.NOTHING ? NOTHING : stateOf(expression);
      table[(state >>> 1) * classes.count() + byteClass] = next + 1;
      return next;
    } finally {
      regexes.refuel(before);
      regexes.lock().unlock();
    }
  }

  private int stateOf(int expression) {
    Integer known = states.get(expression);
    if (known != null) {
      return known;
    }
    if ((long) (rows + 1) * classes.count() > mostCells) {
      throw GrammarException.tooComplex("more than " + rows + " states of text");
    }
    if ((rows + 1) * classes.count() > table.length) {
      table = Arrays.copyOf(table, Math.min(mostCells, table.length * 2));
    }
    if (rows == expressions.length) {
      expressions = Arrays.copyOf(expressions, rows * 2);
    }
    int state = rows << 1 | (regexes.nullable(expression) ? 1 : 0);
    expressions[rows++] = expression;
    states.put(expression, state);
    return state;
  }

  /**
   * A state that goes the same ways for that many bytes, with as few others in between as possible.
   *
   * @param length bytes of the longest text that is asked about, positive
   */
  public int within(int state, int length, Fuel fuel) {
    regexes.lock().lock();
    Fuel before = regexes.refuel(fuel);
    try {
      return stateOf(horizon.of(expressions[state >>> 1], length));
    } finally {
      regexes.refuel(before);
      regexes.lock().unlock();
    }
  }

  /**
   * A state that goes all ways of another and more, most of which lead to the same states; itself
   * where there is none.
   */
  public int relaxed(int state, Fuel fuel) {
    regexes.lock().lock();
    Fuel before = regexes.refuel(fuel);
    try {
      return stateOf(horizon.relaxed(expressions[state >>> 1]));
    } finally {
      regexes.refuel(before);
      regexes.lock().unlock();
    }
  }

  /**
   * A state that goes the ways of several.
   *
   * @param of at least one, none {@link #NOTHING}
   */
  public int any(int[] of, Fuel fuel) {
    regexes.lock().lock();
    Fuel before = regexes.refuel(fuel);
    try {
      int[] parts = new int[of.length];
      for (int i = 0; i < of.length; i++) {
        parts[i] = expressions[of[i] >>> 1];
      }
      return stateOf(regexes.any(parts));
    } finally {
      regexes.refuel(before);
      regexes.lock().unlock();
    }
  }

  /**
   * What a state is, in bytes that are the same in every automaton; null when there would be many.
   *
   * @param most bytes
   */
  public byte @Nullable [] structure(int state, int most) {
    regexes.lock().lock();
    try {
      return Structure.of(regexes, expressions[state >>> 1], most);
    } finally {
      regexes.lock().unlock();
    }
  }

  /** Memory of states and transitions, about. */
  public long bytes() {
    return 4L * table.length + 200L * regexes.size();
  }
}
