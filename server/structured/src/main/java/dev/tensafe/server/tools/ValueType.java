package dev.tensafe.server.tools;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * A type of JSON values. Those that a schema allows say what a text means that is not written as
 * JSON.
 */
enum ValueType {
  STRING,
  INTEGER,
  NUMBER,
  BOOLEAN,
  OBJECT,
  ARRAY,
  NULL;

  /** References and alternatives that are followed into each other. */
  private static final int DEEPEST = 16;

  /**
   * The types of a parameter.
   *
   * @return empty where the schema does not say
   */
  static Set<ValueType> of(Tool tool, String parameter) {
    JsonNode root = tool.parameters();
    JsonNode object = ToolArguments.root(tool);
    JsonNode schema = object.path("properties").path(parameter);
    if (schema.isMissingNode()) {
      schema = object.path("additionalProperties");
    }
    Set<ValueType> out = EnumSet.noneOf(ValueType.class);
    collect(root, schema, DEEPEST, out);
    return out;
  }

  private static void collect(JsonNode root, JsonNode schema, int depth, Set<ValueType> out) {
    if (depth == 0 || !schema.isObject()) {
      return;
    }
    JsonNode type = schema.path("type");
    if (type.isTextual()) {
      add(type.textValue(), out);
    } else if (type.isArray()) {
      type.forEach(one -> add(one.asText(), out));
    } else if (schema.has("const")) {
      out.add(of(schema.get("const")));
    } else if (schema.path("enum").isArray()) {
      schema.get("enum").forEach(value -> out.add(of(value)));
    } else {
      for (String choice : new String[] {"anyOf", "oneOf", "allOf"}) {
        schema.path(choice).forEach(one -> collect(root, one, depth - 1, out));
      }
      String reference = schema.path("$ref").asText();
      if (reference.startsWith("#/")) {
        collect(root, root.at(reference.substring(1)), depth - 1, out);
      }
      if (out.isEmpty() && schema.has("properties")) {
        out.add(OBJECT);
      } else if (out.isEmpty() && schema.has("items")) {
        out.add(ARRAY);
      }
    }
  }

  private static void add(String name, Set<ValueType> out) {
    for (ValueType type : values()) {
      if (type.name().toLowerCase(Locale.ROOT).equals(name)) {
        out.add(type);
      }
    }
  }

  private static ValueType of(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> STRING;
      case BOOLEAN -> BOOLEAN;
      case OBJECT -> OBJECT;
      case ARRAY -> ARRAY;
      case NUMBER -> value.isIntegralNumber() ? INTEGER : NUMBER;
      default -> NULL;
    };
  }
}
