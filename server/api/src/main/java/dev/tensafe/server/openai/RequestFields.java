package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Typed, range-checked access to request fields; every error names its {@code param}. */
public final class RequestFields {
  private final JsonNode body;
  private final String prefix;

  /**
   * @param body the request's, an object
   */
  public RequestFields(JsonNode body) {
    this(body, "");
  }

  private RequestFields(JsonNode body, String prefix) {
    this.body = body;
    this.prefix = prefix;
  }

  /**
   * The fields of an object within a body.
   *
   * @param where its own name, as {@code messages[0]}
   * @throws ApiException 400 for what is no object
   */
  public static RequestFields of(JsonNode node, String where) {
    if (!node.isObject()) {
      throw wrongType(where, "an object");
    }
    return new RequestFields(node, where + ".");
  }

  /** The whole name of a field, as errors have it. */
  public String at(String name) {
    return prefix + name;
  }

  /** The fields of an object in a field; null when it is absent or null. */
  public @Nullable RequestFields object(String name) {
    JsonNode value = get(name);
    return value == null ? null : of(value, at(name));
  }

  /**
   * A field that must be there.
   *
   * @throws ApiException 400 {@code missing_required_parameter}
   */
  public JsonNode required(String name) {
    JsonNode value = get(name);
    if (value == null) {
      throw missing(at(name));
    }
    return value;
  }

  /** A field that is missing. */
  public static ApiException missing(String name) {
    return ApiException.invalid(name, "missing_required_parameter", "'" + name + "' is required");
  }

  /** A field with a value that it cannot have; {@code problem} follows its name. */
  public static ApiException invalid(String name, String problem) {
    return ApiException.invalid(name, "invalid_value", "'" + name + "' " + problem);
  }

  /** A field that asks for what this server does not do; {@code problem} follows its name. */
  public static ApiException unsupported(String name, String problem) {
    return ApiException.invalid(name, "unsupported_parameter", "'" + name + "' " + problem);
  }

  /** The field, or null when it is absent or null. */
  public @Nullable JsonNode get(String name) {
    JsonNode value = body.get(name);
    return value == null || value.isNull() ? null : value;
  }

  public boolean has(String name) {
    return get(name) != null;
  }

  public double number(String name, double otherwise, double min, double max) {
    JsonNode value = get(name);
    if (value == null) {
      return otherwise;
    }
    if (!value.isNumber()) {
      throw wrongType(at(name), "a number");
    }
    double number = value.doubleValue();
    if (!(number >= min && number <= max)) {
      throw outOfRange(at(name), plain(min), plain(max));
    }
    return number;
  }

  public long integer(String name, long otherwise, long min, long max) {
    JsonNode value = get(name);
    if (value == null) {
      return otherwise;
    }
    if (!value.isIntegralNumber()) {
      throw wrongType(at(name), "an integer");
    }
    if (!value.canConvertToLong() || value.longValue() < min || value.longValue() > max) {
      throw outOfRange(at(name), Long.toString(min), Long.toString(max));
    }
    return value.longValue();
  }

  public boolean flag(String name) {
    return flag(name, false);
  }

  public boolean flag(String name, boolean otherwise) {
    JsonNode value = get(name);
    if (value != null && !value.isBoolean()) {
      throw wrongType(at(name), "true or false");
    }
    return value == null ? otherwise : value.booleanValue();
  }

  public @Nullable String text(String name) {
    JsonNode value = get(name);
    if (value != null && !value.isTextual()) {
      throw wrongType(at(name), "a string");
    }
    return value == null ? null : value.textValue();
  }

  public String requiredText(String name) {
    String value = text(name);
    if (value == null || value.isEmpty()) {
      throw missing(at(name));
    }
    return value;
  }

  /** A string or a list of strings, of so many characters each. */
  public List<String> texts(String name, int max, int maxLength) {
    JsonNode value = get(name);
    List<String> out = new ArrayList<>();
    if (value == null) {
      return out;
    }
    if (value.isArray()) {
      atMost(value, at(name), max, "strings");
    }
    for (JsonNode item : value.isArray() ? value : List.of(value)) {
      if (!item.isTextual()) {
        throw wrongType(at(name), "a string or a list of strings");
      }
      if (item.textValue().isEmpty()) {
        throw invalid(at(name), "holds an empty string");
      }
      if (item.textValue().codePointCount(0, item.textValue().length()) > maxLength) {
        throw invalid(at(name), "holds a string of more than " + maxLength + " characters");
      }
      out.add(item.textValue());
    }
    return out;
  }

  /** Refuses a list or an object of more entries. */
  public static void atMost(JsonNode value, String name, int max, String what) {
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
  public void refuseAll(List<String> names) {
    names.forEach(name -> refuse(name, "is not supported by this server"));
  }

  /** Refuses a field that is present and asks for something; for what this server does not do. */
  public void refuse(String name, String reason) {
    JsonNode value = get(name);
    boolean nothing =
        value == null
            || (value.isArray() && value.isEmpty())
            || (value.isBoolean() && !value.booleanValue());
    if (!nothing) {
      throw unsupported(at(name), reason);
    }
  }

  public static ApiException wrongType(String name, String wanted) {
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
