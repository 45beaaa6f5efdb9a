package dev.tensafe.model.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.model.shape.ModelException;
import org.jspecify.annotations.Nullable;

/** Typed, range-checked access to one JSON object of a model's configuration. */
final class ConfigFields {
  private final JsonNode node;
  private final String where;

  ConfigFields(JsonNode node, String where) {
    this.node = node;
    this.where = where;
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

  double positiveNumber(String key, @Nullable Double otherwise) {
    if (!has(key)) {
      if (otherwise == null) {
        throw bad(key, "is missing");
      }
      return otherwise;
    }
    JsonNode value = node.path(key);
    if (!value.isNumber() || !(value.doubleValue() > 0) || Double.isInfinite(value.doubleValue())) {
      throw bad(key, "is " + value + "; a positive number is needed");
    }
    return value.doubleValue();
  }

  boolean flag(String key, boolean otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    if (!node.path(key).isBoolean()) {
      throw bad(key, "is not true or false");
    }
    return node.path(key).booleanValue();
  }

  @Nullable String text(String key) {
    return node.path(key).isTextual() ? node.path(key).textValue() : null;
  }

  ModelException bad(String key, String problem) {
    return new ModelException("model.config", where + ": " + key + " " + problem);
  }

  private static boolean absent(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }
}
