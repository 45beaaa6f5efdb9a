package dev.tensafe.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The subset of JSON Schema that OpenAI's structured outputs take with {@code strict}, so that a
 * schema which is taken here is taken there: platform.openai.com/docs/guides/structured-outputs,
 * "Supported schemas", as of February 2026.
 */
final class StrictSubset {
  private static final int MOST_PROPERTIES = 5_000;
  private static final int MOST_LEVELS = 10;
  private static final int MOST_DEPTH = 100;
  private static final int MOST_CHARACTERS = 120_000;
  private static final int MOST_ENUM_VALUES = 1_000;

  /** Values of one enum from which on their length counts, and how much it may be. */
  private static final int MANY_ENUM_VALUES = 250;

  private static final int MOST_ENUM_CHARACTERS = 15_000;

  private static final List<String> FORBIDDEN =
      List.of(
          "allOf",
          "oneOf",
          "not",
          "if",
          "then",
          "else",
          "dependentRequired",
          "dependentSchemas",
          "dependencies");

  private int properties;
  private int characters;
  private int enumValues;

  private StrictSubset() {}

  /** Refuses a schema that is not within it. */
  static void check(JsonNode schema) {
    if (!schema.path("type").asText().equals("object") || schema.has("anyOf")) {
      throw SchemaErrors.unsupported("", "strict: the root has to be of type object");
    }
    new StrictSubset().visit(new SchemaNode(schema, "", ""), 0, 0);
  }

  private void visit(SchemaNode node, int levels, int depth) {
    JsonNode json = node.json();
    if (depth > MOST_DEPTH) {
      throw SchemaErrors.tooComplex(node.path(), "strict: schemas nest too deep");
    }
    for (String key : FORBIDDEN) {
      if (json.has(key)) {
        throw SchemaErrors.unsupported(node.at(key), "strict: " + key + " is not allowed");
      }
    }
    int inside = levels;
    if (json.has("properties") || isObject(json.path("type"))) {
      inside++;
      object(node, inside);
    }
    values(node);
    each(node, "properties", inside, depth);
    each(node, "$defs", 0, depth);
    each(node, "definitions", 0, depth);
    if (json.path("items").isObject()) {
      visit(child(node, json.path("items"), "items"), inside, depth + 1);
    }
    for (String key : List.of("anyOf", "prefixItems")) {
      for (int i = 0; i < json.path(key).size(); i++) {
        visit(child(node, json.path(key).path(i), key, i), inside, depth + 1);
      }
    }
  }

  private static SchemaNode child(SchemaNode node, JsonNode json, Object... keys) {
    return new SchemaNode(json, node.at(keys), "");
  }

  private static boolean isObject(JsonNode type) {
    boolean object = type.asText().equals("object");
    for (JsonNode one : type) {
      object |= one.asText().equals("object");
    }
    return object;
  }

  private void each(SchemaNode node, String key, int levels, int depth) {
    for (Map.Entry<String, JsonNode> entry : node.json().path(key).properties()) {
      count(node, entry.getKey().length());
      visit(child(node, entry.getValue(), key, entry.getKey()), levels, depth + 1);
    }
  }

  private void object(SchemaNode node, int levels) {
    JsonNode json = node.json();
    if (levels > MOST_LEVELS) {
      throw SchemaErrors.unsupported(
          node.path(), "strict: objects nest more than " + MOST_LEVELS + " deep");
    }
    JsonNode others = json.path("additionalProperties");
    if (!others.isBoolean() || others.booleanValue()) {
      throw SchemaErrors.unsupported(
          node.at("additionalProperties"), "strict: additionalProperties has to be false");
    }
    Set<String> required = new HashSet<>();
    json.path("required").forEach(name -> required.add(name.asText()));
    for (Map.Entry<String, JsonNode> property : json.path("properties").properties()) {
      if (!required.contains(property.getKey())) {
        throw SchemaErrors.unsupported(
            node.at("required"),
            "strict: all properties have to be required; to leave one open, let it be null");
      }
      if (++properties > MOST_PROPERTIES) {
        throw SchemaErrors.unsupported(
            node.at("properties"), "strict: more than " + MOST_PROPERTIES + " properties");
      }
    }
  }

  private void values(SchemaNode node) {
    JsonNode values = node.json().path("enum");
    int length = 0;
    for (JsonNode value : values) {
      length += value.asText().length();
    }
    enumValues += values.size();
    if (enumValues > MOST_ENUM_VALUES) {
      throw SchemaErrors.unsupported(
          node.at("enum"), "strict: more than " + MOST_ENUM_VALUES + " values of enums");
    }
    if (values.size() > MANY_ENUM_VALUES && length > MOST_ENUM_CHARACTERS) {
      throw SchemaErrors.unsupported(
          node.at("enum"),
          "strict: more than "
              + MOST_ENUM_CHARACTERS
              + " characters in an enum of more than "
              + MANY_ENUM_VALUES
              + " values");
    }
    count(node, length + node.json().path("const").asText().length());
  }

  private void count(SchemaNode node, int more) {
    characters += more;
    if (characters > MOST_CHARACTERS) {
      throw SchemaErrors.unsupported(
          node.path(), "strict: more than " + MOST_CHARACTERS + " characters in names and values");
    }
  }
}
