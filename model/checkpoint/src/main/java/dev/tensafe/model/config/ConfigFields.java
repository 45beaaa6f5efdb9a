package dev.tensafe.model.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.model.shape.ModelException;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Typed, range-checked access to one JSON object of a model's configuration. */
final class ConfigFields {
  private final JsonNode node;
  private final String where;

  ConfigFields(JsonNode node, String where) {
    this.node = node;
    this.where = where;
  }

  /** What the object is called in messages. */
  String where() {
    return where;
  }

  Set<String> keys() {
    Set<String> keys = new TreeSet<>();
    node.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  boolean has(String key) {
    return !absent(node.path(key));
  }

  JsonNode raw(String key) {
    return node.path(key);
  }

  int positive(String key, int max) {
    if (!has(key)) {
      throw bad(key, "is missing");
    }
    JsonNode value = node.path(key);
    if (!value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.intValue() < 1
        || value.intValue() > max) {
      throw bad(key, "is " + value + "; a whole number from 1 to " + max + " is needed");
    }
    return value.intValue();
  }

  int positive(String key, int max, int otherwise) {
    return has(key) ? positive(key, max) : otherwise;
  }

  /** A number that a float can hold and that is above zero. */
  double positiveNumber(String key, @Nullable Double otherwise) {
    if (!has(key)) {
      if (otherwise == null) {
        throw bad(key, "is missing");
      }
      return otherwise;
    }
    JsonNode value = node.path(key);
    if (!value.isNumber() || !(value.floatValue() > 0) || Float.isInfinite(value.floatValue())) {
      throw bad(key, "is " + value + "; a positive, finite number is needed");
    }
    return value.doubleValue();
  }

  /** A number that Python reads with {@code get(key) or otherwise}: 0 is as good as absent. */
  double numberOr(String key, double otherwise) {
    return isZero(key) ? otherwise : positiveNumber(key, otherwise);
  }

  boolean isZero(String key) {
    return node.path(key).isNumber() && node.path(key).doubleValue() == 0;
  }

  boolean flag(String key, boolean otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    if (!node.path(key).isBoolean()) {
      throw bad(key, "is " + node.path(key) + ", not true or false");
    }
    return node.path(key).booleanValue();
  }

  @Nullable String text(String key) {
    if (!has(key)) {
      return null;
    }
    if (!node.path(key).isTextual()) {
      throw bad(key, "is " + node.path(key) + "; a text is needed");
    }
    return node.path(key).textValue();
  }

  ModelException bad(String key, String problem) {
    return new ModelException("model.config", where + ": " + key + " " + problem);
  }

  private static boolean absent(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }
}
