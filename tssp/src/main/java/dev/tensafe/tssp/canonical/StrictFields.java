package dev.tensafe.tssp.canonical;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.regex.Pattern;

/**
 * Strict, typed access to one JSON object: what is missing, extra or of another type is refused.
 */
public final class StrictFields {
  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss'Z'").withZone(ZoneOffset.UTC);

  private final JsonNode node;
  private final String where;
  private final Reason reason;

  /**
   * @param where names the object in errors, such as {@code manifest.adapter}
   */
  public StrictFields(JsonNode node, String where, Reason reason) {
    this.node = node;
    this.where = where;
    this.reason = reason;
    if (!node.isObject()) {
      throw new TsspException(reason, where + " is not an object");
    }
  }

  /** Refuses keys other than these, and the absence of the first ones. */
  public StrictFields requireKeys(List<String> needed, List<String> optional) {
    Set<String> left = new TreeSet<>(needed);
    for (var entry : node.properties()) {
      if (!left.remove(entry.getKey()) && !optional.contains(entry.getKey())) {
        throw bad("has the unknown key '" + printable(entry.getKey()) + "'");
      }
    }
    if (!left.isEmpty()) {
      throw bad("lacks '" + left.iterator().next() + "'");
    }
    return this;
  }

  public List<String> keys() {
    List<String> keys = new ArrayList<>();
    node.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  public boolean has(String key) {
    return node.has(key);
  }

  public JsonNode raw(String key) {
    return node.path(key);
  }

  public String text(String key, int maxLength) {
    JsonNode value = node.path(key);
    if (!value.isTextual() || value.textValue().length() > maxLength) {
      throw bad("needs a text of at most " + maxLength + " characters in '" + key + "'");
    }
    return value.textValue();
  }

  public String text(String key, Pattern pattern) {
    String value = text(key, 1 << 20);
    if (!pattern.matcher(value).matches()) {
      throw bad("needs a text like " + pattern.pattern() + " in '" + key + "'");
    }
    return value;
  }

  public long integer(String key, long min, long max) {
    JsonNode value = node.path(key);
    if (!value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < min
        || value.longValue() > max) {
      throw bad("needs an integer from " + min + " to " + max + " in '" + key + "'");
    }
    return value.longValue();
  }

  public boolean flag(String key) {
    JsonNode value = node.path(key);
    if (!value.isBoolean()) {
      throw bad("needs true or false in '" + key + "'");
    }
    return value.booleanValue();
  }

  /** Lowercase hexadecimal of exactly {@code count} bytes. */
  public byte[] hex(String key, int count) {
    String value = text(key, 2 * count);
    if (!value.matches("[0-9a-f]{" + 2 * count + "}")) {
      throw bad("needs " + 2 * count + " lowercase hexadecimal digits in '" + key + "'");
    }
    return HexFormat.of().parseHex(value);
  }

  /** Padded base64 of exactly {@code count} bytes that encodes to the same text again. */
  public byte[] base64(String key, int count) {
    byte[] bytes = base64(key);
    if (bytes.length != count) {
      throw bad("needs the base64 of " + count + " bytes in '" + key + "'");
    }
    return bytes;
  }

  /** As {@link #base64(String, int)}, of any length. */
  public byte[] base64(String key) {
    String value = text(key, 1 << 20);
    try {
      byte[] bytes = Base64.getDecoder().decode(value);
      if (Base64.getEncoder().encodeToString(bytes).equals(value)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      // Reported below, without the text.
    }
    throw bad("needs canonical base64 in '" + key + "'");
  }

  /** A time in UTC with seconds, such as {@code 2026-11-21T09:00:00Z}. */
  public Instant time(String key) {
    String value = text(key, 20);
    try {
      Instant time = Instant.parse(value);
      if (format(time).equals(value)) {
        return time;
      }
    } catch (DateTimeParseException e) {
      // Reported below, without the text.
    }
    throw bad("needs a time like 2026-11-21T09:00:00Z in '" + key + "'");
  }

  /** The time as {@link #time} reads it; fractions of a second are cut off. */
  public static String format(Instant time) {
    return SECONDS.format(time);
  }

  /** An object below this one. */
  public StrictFields object(String key) {
    return new StrictFields(node.path(key), where + "." + key, reason);
  }

  /** The objects of a list, each read by {@code reader} with its index. */
  public <T> List<T> objects(
      String key, int maxCount, BiFunction<StrictFields, Integer, T> reader) {
    List<T> list = new ArrayList<>();
    for (JsonNode item : list(key, maxCount)) {
      int index = list.size();
      list.add(
          reader.apply(
              new StrictFields(item, where + "." + key + "[" + index + "]", reason), index));
    }
    return list;
  }

  /** A list of distinct texts. */
  public List<String> texts(String key, int maxCount, Pattern pattern) {
    Set<String> texts = new LinkedHashSet<>();
    for (JsonNode item : list(key, maxCount)) {
      if (!item.isTextual()
          || !pattern.matcher(item.textValue()).matches()
          || !texts.add(item.textValue())) {
        throw bad("needs distinct texts like " + pattern.pattern() + " in '" + key + "'");
      }
    }
    return List.copyOf(texts);
  }

  private JsonNode list(String key, int maxCount) {
    JsonNode value = node.path(key);
    if (!value.isArray() || value.size() > maxCount) {
      throw bad("needs a list of at most " + maxCount + " in '" + key + "'");
    }
    return value;
  }

  /** A refusal of this object. */
  public TsspException bad(String problem) {
    return new TsspException(reason, where + " " + problem);
  }

  /** A key of the package in a message: short and without control characters. */
  private static String printable(String key) {
    return key.length() > 64 ? "…" : key.replaceAll("[^ -~]", "?");
  }
}
