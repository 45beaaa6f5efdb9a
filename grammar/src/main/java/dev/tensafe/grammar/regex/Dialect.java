package dev.tensafe.grammar.regex;

/** What signs in a pattern mean where those who have regular expressions differ. */
public enum Dialect {
  /** ECMA-262 with the flag {@code u}, as JSON Schema has it, with look-ahead at the top level. */
  ECMA_262,

  /** RE2's syntax, without what is not regular in it: word boundaries, anchors within. */
  RE2
}
