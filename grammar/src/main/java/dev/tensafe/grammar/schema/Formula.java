package dev.tensafe.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A condition on a value, not looked into yet. All conditions that come up while one schema is read
 * are made of its places, so there are finitely many, and one that comes up again is equal to its
 * former self: that is what ends recursion.
 */
sealed interface Formula {
  /** Every value, or none. */
  enum Truth implements Formula {
    TRUE,
    FALSE
  }

  /** Valid against a schema. */
  record Of(SchemaNode schema) implements Formula {}

  /** Equal to a value. */
  record Same(JsonNode value) implements Formula {}

  /** Several at once, in the order in which they came up. */
  record All(Set<Formula> parts) implements Formula {}

  /** Not so. */
  record Not(Formula of) implements Formula {}

  /** A schema's condition. */
  static Formula of(SchemaNode schema) {
    if (schema.json().isBoolean()) {
      return schema.json().booleanValue() ? Truth.TRUE : Truth.FALSE;
    }
    return schema.json().isEmpty() ? Truth.TRUE : new Of(schema);
  }

  /** Both. */
  static Formula all(Formula a, Formula b) {
    if (a.equals(b) || b.equals(Truth.TRUE) || a.equals(Truth.FALSE)) {
      return a;
    }
    if (a.equals(Truth.TRUE) || b.equals(Truth.FALSE)) {
      return b;
    }
    Set<Formula> parts = new LinkedHashSet<>();
    add(parts, a);
    add(parts, b);
    for (Formula part : parts) {
      if (parts.contains(not(part))) {
        return Truth.FALSE;
      }
    }
    return new All(Collections.unmodifiableSet(parts));
  }

  private static void add(Set<Formula> parts, Formula formula) {
    if (formula instanceof All all) {
      parts.addAll(all.parts());
    } else {
      parts.add(formula);
    }
  }

  /** The contrary. */
  static Formula not(Formula of) {
    if (of instanceof Truth truth) {
      return truth == Truth.TRUE ? Truth.FALSE : Truth.TRUE;
    }
    return of instanceof Not n ? n.of() : new Not(of);
  }

  /** A place in the schema to name in errors. */
  default String where() {
    if (this instanceof Of of) {
      return of.schema().path();
    }
    if (this instanceof Not not) {
      return not.of().where();
    }
    if (this instanceof All all && !all.parts().isEmpty()) {
      return all.parts().iterator().next().where();
    }
    return "";
  }
}
