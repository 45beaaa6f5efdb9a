package dev.tensafe.grammar.regex;

/** One regular expression; its parts are ids of others in the same {@link Regexes}. */
sealed interface Node {
  /** No text at all. */
  record Nothing() implements Node {}

  /** The empty text. */
  record Empty() implements Node {}

  /** One byte of a set that is not empty. */
  record Bytes(ByteSet set) implements Node {}

  /** One text, then another. */
  record Then(int first, int rest) implements Node {}

  /** Any of several, ascending. */
  record Any(Ids of) implements Node {}

  /** All of several at once, ascending. */
  record All(Ids of) implements Node {}

  /** Whatever another is not. */
  record Not(int of) implements Node {}

  /**
   * A text several times over.
   *
   * @param max {@link Regexes#UNBOUNDED} for no end
   */
  record Repeat(int of, int min, int max) implements Node {}

  /**
   * Decimal digits that, read behind others, make a multiple.
   *
   * @param divisor positive
   * @param remainder of the digits so far
   * @param begun whether there was a digit
   */
  record Multiple(int divisor, int remainder, boolean begun) implements Node {}
}
