package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Typed, range-checked access to request fields; every error names its {@code param}. */
final class RequestFields {
  private final JsonNode body;

  RequestFields(JsonNode body) {
    this.body = body;
  }

  /** The field, or null when it is absent or null. */
  @Nullable JsonNode get(String name) {
    JsonNode value = body.get(name);
    return value == null || value.isNull() ? null : value;
  }

  boolean has(String name) {
    return get(name) != null;
  }

  double number(String name, double otherwise, double min, double max) {
    JsonNode value = get(name);
    if (value == null) {
      return otherwise;
    }
    if (!value.isNumber()) {
      throw wrongType(name, "a number");
    }
    double number = value.doubleValue();
    if (!(number >= min && number <= max)) {
      throw outOfRange(name, plain(min), plain(max));
    }
    return number;
  }

  long integer(String name, long otherwise, long min, long max) {
    JsonNode value = get(name);
    if (value == null) {
      return otherwise;
    }
    if (!value.isIntegralNumber()) {
      throw wrongType(name, "an integer");
    }
    if (!value.canConvertToLong() || value.longValue() < min || value.longValue() > max) {
      throw outOfRange(name, Long.toString(min), Long.toString(max));
    }
    return value.longValue();
  }

  boolean flag(String name) {
    return flag(name, false);
  }

  boolean flag(String name, boolean otherwise) {
    JsonNode value = get(name);
    if (value != null && !value.isBoolean()) {
      throw wrongType(name, "true or false");
    }
    return value == null ? otherwise : value.booleanValue();
  }

  @Nullable String text(String name) {
    JsonNode value = get(name);
    if (value != null && !value.isTextual()) {
      throw wrongType(name, "a string");
    }
    return value == null ? null : value.textValue();
  }

  String requiredText(String name) {
    String value = text(name);
    if (value == null || value.isEmpty()) {
      throw ApiException.invalid(name, "missing_required_parameter", "'" + name + "' is required");
    }
    return value;
  }

  /** A string or a list of strings, of so many characters each. */
  List<String> texts(String name, int max, int maxLength) {
    JsonNode value = get(name);
    List<String> out = new ArrayList<>();
    if (value == null) {
      return out;
    }
    if (value.isArray()) {
      atMost(value, name, max, "strings");
    }
    for (JsonNode item : value.isArray() ? value : List.of(value)) {
      if (!item.isTextual()) {
        throw wrongType(name, "a string or a list of strings");
      }
      if (item.textValue().isEmpty()) {
        throw ApiException.invalid(name, "invalid_value", "'" + name + "' holds an empty string");
      }
      if (item.textValue().codePointCount(0, item.textValue().length()) > maxLength) {
        throw ApiException.invalid(
            name,
            "invalid_value",
            "'" + name + "' holds a string of more than " + maxLength + " characters");
      }
      out.add(item.textValue());
    }
    return out;
  }

  /** Refuses a list or an object of more entries. */
  static void atMost(JsonNode value, String name, int max, String what) {
    if (value.size() > max) {
      throw ApiException.invalid(
          name,
          "invalid_value",
          "'" + name + "' holds " + value.size() + " " + what + "; at most " + max);
    }
  }

  /** Token ids below {@code vocabSize}. */
  static int[] tokens(JsonNode list, String name, int vocabSize) {
    int[] out = new int[list.size()];
    for (int i = 0; i < out.length; i++) {
      JsonNode id = list.get(i);
      if (!id.isIntegralNumber()) {
        throw wrongType(name, "a list of token ids");
      }
      if (!id.canConvertToInt() || id.intValue() < 0 || id.intValue() >= vocabSize) {
        throw ApiException.invalid(
            name,
            "invalid_value",
            "'" + name + "' holds a token id that is not from 0 to " + (vocabSize - 1));
      }
      out[i] = id.intValue();
    }
    return out;
  }

  /**
   * Refuses fields that this server does not know how to do, unless their value asks for nothing.
   */
  void refuseAll(List<String> names) {
    names.forEach(name -> refuse(name, "is not supported by this server"));
  }

  /** Refuses a field that is present and asks for something; for what this server does not do. */
  void refuse(String name, String reason) {
    JsonNode value = get(name);
    boolean nothing =
        value == null
            || (value.isArray() && value.isEmpty())
            || (value.isBoolean() && !value.booleanValue());
    if (!nothing) {
      throw ApiException.invalid(name, "unsupported_parameter", "'" + name + "' " + reason);
    }
  }

  static ApiException wrongType(String name, String wanted) {
    return ApiException.invalid(name, "invalid_type", "'" + name + "' must be " + wanted);
  }

  private static ApiException outOfRange(String name, String min, String max) {
    return ApiException.invalid(
        name, "invalid_value", "'" + name + "' must be from " + min + " to " + max);
  }

  private static String plain(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }
}
