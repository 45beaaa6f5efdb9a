package dev.tensafe.grammar;

import dev.tensafe.formats.CodedException;

/**
 * A schema, grammar or pattern that is wrong or cannot be enforced. {@link #where} is the place in
 * it: a JSON pointer for a schema, a position for text.
 */
public final class GrammarException extends CodedException {
  private static final long serialVersionUID = 1L;

  private final String where;

  /**
   * @param code {@code grammar.invalid}, {@code grammar.unsupported} or {@code grammar.too_complex}
   * @param where place in the source; empty for all of it
   */
  public GrammarException(String code, String where, String message) {
    super(code, message);
    this.where = where;
  }

  /** It is wrong. */
  public static GrammarException invalid(String where, String message) {
    return new GrammarException("grammar.invalid", where, message);
  }

  /** It says something that cannot be enforced. */
  public static GrammarException unsupported(String where, String message) {
    return new GrammarException("grammar.unsupported", where, message);
  }

  /** It takes more time or memory than one request may. */
  public static GrammarException tooComplex(String message) {
    return new GrammarException("grammar.too_complex", "", message);
  }

  /** Place in the source; empty for all of it. */
  public String where() {
    return where;
  }
}
