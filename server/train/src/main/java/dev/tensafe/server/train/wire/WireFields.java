package dev.tensafe.server.train.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.tensafe.tuning.TuningException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The fields of a JSON object with their types. Null is as if it were not there. Errors name the
 * field, never its value.
 */
public final class WireFields {
  private final JsonNode node;
  private final String path;

  private WireFields(JsonNode node, String path) {
    this.node = node;
    this.path = path;
  }

  /** The fields of a body. */
  public static WireFields of(JsonNode body) {
    return new WireFields(body, "");
  }

  private String name(String field) {
    return path.isEmpty() ? field : path + "." + field;
  }

  private TuningException wrong(String field, String what) {
    return TuningException.invalid("tuning.field", "'" + name(field) + "' must be " + what);
  }

  /** Whether a field is there. */
  public boolean has(String field) {
    return node.hasNonNull(field);
  }

  /** Whether a field is a text. */
  public boolean isText(String field) {
    return node.path(field).isTextual();
  }

  /** An object that may be missing: one without fields then. */
  public WireFields object(String field) {
    JsonNode value = node.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return new WireFields(MissingNode.getInstance(), name(field));
    }
    if (!value.isObject()) {
      throw wrong(field, "an object");
    }
    return new WireFields(value, name(field));
  }

  /** A text that must be there. */
  public String text(String field) {
    return optionalText(field)
        .orElseThrow(
            () -> TuningException.invalid("tuning.field", "'" + name(field) + "' is missing"));
  }

  /** A text, if it is there. */
  public Optional<String> optionalText(String field) {
    JsonNode value = node.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isTextual() || value.textValue().length() > 4096) {
      throw wrong(field, "a text of at most 4096 characters");
    }
    return Optional.of(value.textValue());
  }

  /** A whole number in a range, if it is there. */
  public OptionalLong optionalLong(String field, long least, long most) {
    JsonNode value = node.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return OptionalLong.empty();
    }
    boolean whole =
        value.isNumber() && value.canConvertToLong() && value.canConvertToExactIntegral();

    if (!whole || value.longValue() < least || value.longValue() > most) {
      throw wrong(field, "a whole number from " + least + " to " + most);
    }
    return OptionalLong.of(value.longValue());
  }

  /** A finite number in a range, if it is there. */
  public OptionalDouble optionalNumber(String field, double least, double most) {
    JsonNode value = node.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return OptionalDouble.empty();
    }
    double number = value.doubleValue();
    if (!value.isNumber() || !(number >= least && number <= most)) {
      throw wrong(field, "a number from " + least + " to " + most);
    }
    return OptionalDouble.of(number);
  }

  /** True or false, if it is there. */
  public Optional<Boolean> optionalFlag(String field) {
    JsonNode value = node.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isBoolean()) {
      throw wrong(field, "true or false");
    }
    return Optional.of(value.booleanValue());
  }

  /** Numbers by name; none if it is missing. */
  public Map<String, Double> numbers(String field) {
    Map<String, Double> out = new TreeMap<>();
    WireFields inner = object(field);
    for (Iterator<String> names = inner.node.fieldNames(); names.hasNext(); ) {
      String key = names.next();
      out.put(
          key,
          inner
              .optionalNumber(key, -Double.MAX_VALUE, Double.MAX_VALUE)
              .orElseThrow(() -> inner.wrong(key, "a number")));
    }
    return out;
  }

  /** Texts by name; none if it is missing. Other values are kept as their JSON. */
  public Map<String, String> texts(String field, int most) {
    Map<String, String> out = new TreeMap<>();
    WireFields inner = object(field);
    for (Iterator<String> names = inner.node.fieldNames(); names.hasNext(); ) {
      String key = names.next();
      JsonNode value = inner.node.path(key);
      String text = value.isTextual() ? value.textValue() : value.toString();
      if (out.size() == most || key.length() > 128 || text.length() > 1024) {
        throw wrong(field, "at most " + most + " short texts");
      }
      out.put(key, text);
    }
    return out;
  }

  /** A list of texts, if it is there; one text is a list of one. */
  public Optional<List<String>> optionalTexts(String field, int most) {
    JsonNode value = node.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (value.isTextual()) {
      return Optional.of(List.of(value.textValue()));
    }
    List<String> out = new ArrayList<>();
    for (JsonNode item : items(field, most)) {
      if (!item.isTextual()) {
        throw wrong(field, "a text or a list of texts");
      }
      out.add(item.textValue());
    }
    return Optional.of(out);
  }

  /** The items of a list; none if it is missing. */
  public List<JsonNode> items(String field, int most) {
    JsonNode value = node.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return List.of();
    }
    if (!value.isArray() || value.size() > most) {
      throw wrong(field, "a list of at most " + most);
    }
    List<JsonNode> out = new ArrayList<>();
    value.forEach(out::add);
    return out;
  }

  /** The objects of a list; none if it is missing. */
  public List<WireFields> objects(String field, int most) {
    List<WireFields> out = new ArrayList<>();
    List<JsonNode> items = items(field, most);
    for (int i = 0; i < items.size(); i++) {
      if (!items.get(i).isObject()) {
        throw wrong(field, "a list of objects");
      }
      out.add(new WireFields(items.get(i), name(field) + "[" + i + "]"));
    }
    return out;
  }

  /** Whole numbers of a list that must be there. */
  public long[] longs(String field) {
    JsonNode value = node.path(field);
    if (!value.isArray()) {
      throw wrong(field, "a list of whole numbers");
    }
    long[] out = new long[value.size()];
    for (int i = 0; i < out.length; i++) {
      JsonNode item = value.get(i);
      if (!item.isNumber() || !item.canConvertToExactIntegral() || !item.canConvertToLong()) {
        throw wrong(field, "a list of whole numbers");
      }
      out[i] = item.longValue();
    }
    return out;
  }

  /** Numbers of a list that must be there; NaN may be written as a text, and is refused later. */
  public float[] floats(String field) {
    JsonNode value = node.path(field);
    if (!value.isArray()) {
      throw wrong(field, "a list of numbers");
    }
    float[] out = new float[value.size()];
    for (int i = 0; i < out.length; i++) {
      JsonNode item = value.get(i);
      if (item.isTextual() && item.textValue().equals("NaN")) {
        out[i] = Float.NaN;
      } else if (item.isNumber()) {
        out[i] = item.floatValue();
      } else {
        throw wrong(field, "a list of numbers");
      }
    }
    return out;
  }

  /** Finite numbers of a list that must be there. */
  public double[] doubles(String field) {
    JsonNode value = node.path(field);
    if (!value.isArray()) {
      throw wrong(field, "a list of numbers");
    }
    double[] out = new double[value.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = value.get(i).doubleValue();
      if (!value.get(i).isNumber() || !Double.isFinite(out[i])) {
        throw wrong(field, "a list of numbers");
      }
    }
    return out;
  }

  /** The names of the fields. */
  public List<String> names() {
    List<String> out = new ArrayList<>();
    node.fieldNames().forEachRemaining(out::add);
    return out;
  }

  /** The error of a field that is not as it must be. */
  public TuningException error(String field, String what) {
    return wrong(field, what);
  }
}
