package dev.tensafe.grammar;

import org.jspecify.annotations.Nullable;

/**
 * Work that one thing may take, counted and not timed, so that what is too much on one machine is
 * too much on all. A unit is about one small step: an expression made, an item added, a few nodes
 * of a trie passed. Confined to one thread.
 */
public final class Fuel {
  /** Steps between two pauses: a few milliseconds. */
  static final long BETWEEN_PAUSES = 1 << 14;

  private final @Nullable Runnable pause;
  private long left;

  /** What is left at the next pause, or at the end. */
  private long mark;

  /**
   * @param units steps that may be taken
   */
  public Fuel(long units) {
    this.left = units;
    this.pause = null;
  }

  /**
   * @param units steps that may be taken
   * @param pause run now and then during long work, between two steps; may take its time, and may
   *     end the work by an exception
   */
  public Fuel(long units, Runnable pause) {
    this.left = units;
    this.pause = pause;
    this.mark = Math.max(0, units - BETWEEN_PAUSES);
  }

  /**
   * Takes some steps.
   *
   * @throws GrammarException {@code grammar.too_complex} when there are not so many left
   */
  public void spend(long units) {
    left -= units;
    if (left < mark) {
      reachMark();
    }
  }

  private void reachMark() {
    if (left < 0) {
      throw GrammarException.tooComplex("this takes more steps than one request may");
    }
    if (pause != null) {
      mark = Math.max(0, left - BETWEEN_PAUSES);
      pause.run();
    }
  }

  /** Steps that are left. */
  public long left() {
    return Math.max(0, left);
  }
}
