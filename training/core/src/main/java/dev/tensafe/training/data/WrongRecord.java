package dev.tensafe.training.data;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.training.TrainingException;
import java.util.List;

/** Says which field of a training record is wrong, and how; never what a text says. Stateless. */
final class WrongRecord {
  private static final List<String> SHAPES = List.of("text", "prompt", "completion", "messages");
  private static final String RIGHT =
      "a record holds either \"text\", or \"prompt\" and \"completion\", or \"messages\"";

  private WrongRecord() {}

  /** What makes a record none of the known shapes. */
  static TrainingException shape(JsonNode record, String where) {
    List<String> there = SHAPES.stream().filter(record::has).toList();
    if (there.isEmpty()) {
      return error(where, "none of the known fields is there", RIGHT);
    }
    for (String field : there) {
      boolean list = field.equals("messages");
      JsonNode value = record.path(field);
      if (list && value.isArray() && value.isEmpty()) {
        return error(where, "\"messages\" is empty", "it needs at least one message");
      }
      if (list ? !value.isArray() : !value.isTextual()) {
        return field(where, field, value, list ? "a list" : "a text");
      }
    }
    return error(
        where,
        "it holds " + String.join(" and ", there) + (there.size() == 1 ? " alone" : ""),
        RIGHT);
  }

  /** A field of the wrong type. */
  static TrainingException field(String where, String field, JsonNode value, String right) {
    String given =
        switch (value.getNodeType()) {
          case MISSING -> "missing";
          case NULL -> "null";
          case STRING -> "a text";
          case NUMBER -> "a number";
          case BOOLEAN -> "true or false";
          case ARRAY -> "a list";
          default -> "an object";
        };
    return error(where, "\"" + field + "\" is " + given, "it must be " + right);
  }

  private static TrainingException error(String where, String wrong, String right) {
    return new TrainingException("data.record", where + ": " + wrong + "; " + right);
  }
}
