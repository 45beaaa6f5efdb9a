package dev.tensafe.server.tools;

/**
 * A part of the way a call is spelt, read character by character. What it makes of one depends on
 * the characters before it alone, so it cannot matter how a text was cut into pieces. Used once.
 */
interface Piece {
  /** What became of a character. */
  enum Fate {
    /** Read; more is to come. */
    MORE,
    /** Read, and the last one. */
    LAST,
    /** Not read: the part was complete before it. */
    BEFORE,
    /** Not read: it cannot stand here. */
    WRONG
  }

  /** What nothing is of. */
  Piece NONE = c -> Fate.WRONG;

  Fate read(char c);

  /** Whether it is white space of JSON: RFC 8259, section 2. */
  static boolean isSpace(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
  }

  /** White space, or none. */
  static Piece spaces() {
    return c -> isSpace(c) ? Fate.MORE : Fate.BEFORE;
  }
}
