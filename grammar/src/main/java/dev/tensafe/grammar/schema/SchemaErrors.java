package dev.tensafe.grammar.schema;

import dev.tensafe.grammar.GrammarException;
import java.util.function.Supplier;

/** Errors of schemas: a code, a place as a JSON pointer, and a message that names the keyword. */
final class SchemaErrors {
  private SchemaErrors() {}

  /** The schema is wrong. */
  static GrammarException invalid(String where, String message) {
    return new GrammarException("schema.invalid", where, at(where) + message);
  }

  /** The schema says what cannot be enforced. */
  static GrammarException unsupported(String where, String message) {
    return new GrammarException("schema.unsupported", where, at(where) + message);
  }

  /** The schema takes more work or memory than one may. */
  static GrammarException tooComplex(String where, String message) {
    return new GrammarException("schema.too_complex", where, at(where) + message);
  }

  /** An error of a pattern or of the grammar, as one of the schema. */
  static GrammarException of(GrammarException e, String where) {
    String code = e.code();
    if (!code.startsWith("grammar.")) {
      return e;
    }
    String place = e.where().startsWith("/") ? e.where() : where;
    return new GrammarException(
        "schema." + code.substring("grammar.".length()), place, at(place) + e.description());
  }

  /** Does something for a keyword, which errors without a place of their own name. */
  static <T> T at(String where, Supplier<T> work) {
    try {
      return work.get();
    } catch (GrammarException e) {
      throw of(e, where);
    }
  }

  private static String at(String where) {
    return (where.isEmpty() ? "the schema" : "the schema at " + where) + ": ";
  }
}
