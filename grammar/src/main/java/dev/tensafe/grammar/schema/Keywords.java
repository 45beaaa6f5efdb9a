package dev.tensafe.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The values of one schema's keywords, as the types they have to be of. */
final class Keywords {
  private static final List<String> NUMBERS =
      List.of("multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum");

  private static final List<String> COUNTS =
      List.of(
          "minLength",
          "maxLength",
          "minItems",
          "maxItems",
          "minContains",
          "maxContains",
          "minProperties",
          "maxProperties");

  private final SchemaNode schema;
  private final SchemaDocument document;

  Keywords(SchemaNode schema, SchemaDocument document) {
    this.schema = schema;
    this.document = document;
  }

  SchemaNode schema() {
    return schema;
  }

  String at(Object... keys) {
    return schema.at(keys);
  }

  boolean has(String key) {
    return schema.json().has(key);
  }

  /** The value of a keyword; a missing node where it is not given. */
  JsonNode value(String key) {
    return schema.json().path(key);
  }

  /** A number of things; {@code missing} where it is not given. */
  int count(String key, int missing) {
    JsonNode value = value(key);
    if (value.isMissingNode()) {
      return missing;
    }
    boolean infinite = value.isFloatingPointNumber() && Double.isInfinite(value.doubleValue());
    if (!value.isNumber() || infinite || value.decimalValue().signum() < 0) {
      throw wrong(key, "an integer that is not negative");
    }
    BigDecimal number = value.decimalValue();
    if (number.precision() - number.scale() > 12) {
      return Integer.MAX_VALUE - 1;
    }
    if (number.stripTrailingZeros().scale() > 0) {
      throw wrong(key, "an integer that is not negative");
    }
    return (int) Math.min(number.longValue(), Integer.MAX_VALUE - 1);
  }

  /** Refuses values of a wrong type, whatever the schema says of types of values. */
  void check() {
    for (String key : NUMBERS) {
      if (!key.startsWith("exclusive") || !value(key).isBoolean()) {
        BigDecimal unused = number(key);
      }
    }
    for (String key : COUNTS) {
      int unused = count(key, 0);
    }
    String unusedPattern = text("pattern");
    boolean unusedFlag = flag("uniqueItems");
    JsonNode unusedProperties = map("properties");
    JsonNode unusedPatterns = map("patternProperties");
  }

  @Nullable BigDecimal number(String key) {
    JsonNode value = value(key);
    if (value.isMissingNode()) {
      return null;
    }
    if (!value.isNumber() || (value.isDouble() && !Double.isFinite(value.doubleValue()))) {
      throw wrong(key, "a number");
    }
    return value.decimalValue();
  }

  @Nullable String text(String key) {
    JsonNode value = value(key);
    if (value.isMissingNode()) {
      return null;
    }
    if (!value.isTextual()) {
      throw wrong(key, "a string");
    }
    return value.asText();
  }

  /** Whether a keyword is {@code true}. */
  boolean flag(String key) {
    JsonNode value = value(key);
    if (!value.isMissingNode() && !value.isBoolean()) {
      throw wrong(key, "true or false");
    }
    return value.booleanValue();
  }

  /** Strings of a list; empty where it is not given. */
  List<String> texts(String key) {
    return texts(value(key), key);
  }

  private List<String> texts(JsonNode value, Object... keys) {
    List<String> all = new ArrayList<>();
    if (value.isMissingNode()) {
      return all;
    }
    if (!value.isArray()) {
      throw wrong(keys, "a list of strings");
    }
    for (JsonNode item : value) {
      if (!item.isTextual()) {
        throw wrong(keys, "a list of strings");
      }
      all.add(item.asText());
    }
    return all;
  }

  /** Names that a name of a map needs; schemas in the map are left out. */
  Map<String, List<String>> lists(String key) {
    Map<String, List<String>> all = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : map(key).properties()) {
      if (entry.getValue().isArray()) {
        all.put(entry.getKey(), texts(entry.getValue(), key, entry.getKey()));
      } else if (!key.equals("dependencies")) {
        throw wrong(new Object[] {key, entry.getKey()}, "a list of names");
      }
    }
    return all;
  }

  private JsonNode map(String key) {
    JsonNode value = value(key);
    if (!value.isMissingNode() && !value.isObject()) {
      throw wrong(key, "an object");
    }
    return value;
  }

  /** Whether a keyword is one schema. */
  boolean isSchema(String key) {
    return value(key).isObject() || value(key).isBoolean();
  }

  /** The schema that a keyword's value is. */
  SchemaNode schema(String key) {
    return document.child(schema, key);
  }

  /** The schemas of a list. */
  List<SchemaNode> schemas(String key) {
    JsonNode value = value(key);
    List<SchemaNode> all = new ArrayList<>();
    if (value.isMissingNode()) {
      return all;
    }
    if (!value.isArray()) {
      throw wrong(key, "a list of schemas");
    }
    for (int i = 0; i < value.size(); i++) {
      all.add(document.child(schema, key, i));
    }
    return all;
  }

  /** The schemas of a map, in its order; lists in it are left out. */
  Map<String, SchemaNode> schemaMap(String key) {
    Map<String, SchemaNode> all = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : map(key).properties()) {
      if (!entry.getValue().isArray() || !key.equals("dependencies")) {
        all.put(entry.getKey(), document.child(schema, key, entry.getKey()));
      }
    }
    return all;
  }

  private RuntimeException wrong(String key, String right) {
    return wrong(new Object[] {key}, right);
  }

  private RuntimeException wrong(Object[] keys, String right) {
    return SchemaErrors.invalid(at(keys), keys[0] + " has to be " + right);
  }
}
