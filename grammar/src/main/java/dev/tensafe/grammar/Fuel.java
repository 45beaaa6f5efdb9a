package dev.tensafe.grammar;

/**
 * Work that one thing may take, counted and not timed, so that what is too much on one machine is
 * too much on all. A unit is about one small step: an expression made, an item added, a few nodes
 * of a trie passed. Confined to one thread.
 */
public final class Fuel {
  private long left;

  /**
   * @param units steps that may be taken
   */
  public Fuel(long units) {
    this.left = units;
  }

  /**
   * Takes some steps.
   *
   * @throws GrammarException {@code grammar.too_complex} when there are not so many left
   */
  public void spend(long units) {
    left -= units;
    if (left < 0) {
      throw GrammarException.tooComplex("this takes more steps than one request may");
    }
  }

  /** Steps that are left. */
  public long left() {
    return Math.max(0, left);
  }
}
