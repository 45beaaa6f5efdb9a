package dev.tensafe.grammar.regex;

/** How characters are written as bytes. */
public interface Encoding {
  /**
   * The ways to write one of some characters.
   *
   * @return an expression of {@code regexes}; nothing for no characters
   */
  int character(Regexes regexes, CodePoints of);

  /** Characters as they are: UTF-8. */
  Encoding UTF_8 = Utf8::of;

  /**
   * Characters within a JSON string (RFC 8259, section 7): each in one way, so that what is written
   * is what is meant. Quotation marks, backslashes and control characters are escaped, in the short
   * form where there is one; others are themselves.
   */
  Encoding JSON = JsonCharacters::canonical;

  /** The same, in every way that JSON allows. */
  Encoding ANY_JSON = JsonCharacters::any;
}
