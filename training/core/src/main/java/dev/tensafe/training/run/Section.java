package dev.tensafe.training.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.tensafe.formats.NearestName;
import dev.tensafe.formats.Quoted;
import dev.tensafe.training.TrainingException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A mapping of settings. Every key that is read is remembered, so that {@link #done} can refuse the
 * ones that nothing reads. For one thread.
 */
final class Section {
  private final JsonNode node;
  private final String prefix;
  private final Set<String> known = new TreeSet<>();

  /**
   * @param prefix what stands before a key in errors, such as {@code optimizer.}
   */
  Section(JsonNode node, String prefix) {
    if (!node.isObject() && !node.isMissingNode()) {
      throw new TrainingException(
          "train.config",
          (prefix.isEmpty() ? "it" : prefix.replaceFirst("\\.$", "")) + " must be a mapping");
    }
    this.node = node;
    this.prefix = prefix;
  }

  boolean has(String key) {
    return !raw(key).isMissingNode();
  }

  Section section(String key) {
    return new Section(raw(key), prefix + key + ".");
  }

  String text(String key) {
    JsonNode value = raw(key);
    if (value.isMissingNode() || (value.isValueNode() && value.asText().isEmpty())) {
      throw bad(key, "is needed");
    }
    if (!value.isValueNode()) {
      throw wrong(key, "a single text");
    }
    return value.asText();
  }

  String text(String key, String otherwise) {
    return has(key) ? text(key) : otherwise;
  }

  String choice(String key, String otherwise, Set<String> choices) {
    String value = text(key, otherwise);
    if (!choices.contains(value)) {
      throw wrong(key, "one of " + new TreeSet<>(choices));
    }
    return value;
  }

  /** One text or a list of texts. */
  List<String> texts(String key, List<String> otherwise) {
    JsonNode value = raw(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    List<String> out = new ArrayList<>();
    if (value.isArray()) {
      value.forEach(entry -> out.add(entry.asText()));
    } else {
      out.add(value.asText());
    }
    if (out.isEmpty() || out.stream().anyMatch(String::isEmpty)) {
      throw wrong(key, "a text or a list of texts");
    }
    return out;
  }

  long integer(String key, long otherwise, long low, long high) {
    JsonNode value = raw(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < low
        || value.longValue() > high) {
      throw wrong(key, "a whole number from " + low + " to " + high);
    }
    return value.longValue();
  }

  int count(String key, int otherwise, int low) {
    return (int) integer(key, otherwise, low, Integer.MAX_VALUE);
  }

  double number(String key, double otherwise, double low, double high) {
    JsonNode value = raw(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    double number = numberOf(value);
    if (!(number >= low && number <= high)) {
      throw wrong(key, "a number from " + low + " to " + high);
    }
    return number;
  }

  /** YAML 1.1 takes 3e-4, without a point, for a text. */
  private static double numberOf(JsonNode value) {
    if (value.isNumber()) {
      return value.doubleValue();
    }
    try {
      return value.isTextual() ? Double.parseDouble(value.textValue()) : Double.NaN;
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  boolean flag(String key, boolean otherwise) {
    JsonNode value = raw(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw wrong(key, "true or false");
    }
    return value.booleanValue();
  }

  /** Refuses keys that were not asked for. */
  void done() {
    for (Iterator<String> keys = node.fieldNames(); keys.hasNext(); ) {
      String key = keys.next();
      if (!known.contains(key)) {
        String nearest =
            NearestName.of(key, known).map(name -> " (did you mean " + name + "?)").orElse("");
        throw bad(key, "is not known" + nearest + "; known are " + known);
      }
    }
  }

  /** An error that shows the value. */
  private TrainingException wrong(String key, String right) {
    JsonNode value = raw(key);
    String given =
        value.isValueNode() ? Quoted.of(value.asText()) : value.isArray() ? "a list" : "a mapping";
    return bad(key, "is " + given + "; it must be " + right);
  }

  TrainingException bad(String key, String problem) {
    return new TrainingException("train.config", prefix + key + " " + problem);
  }

  private JsonNode raw(String key) {
    known.add(key);
    JsonNode value = node.path(key);
    return value.isNull() ? MissingNode.getInstance() : value;
  }
}
