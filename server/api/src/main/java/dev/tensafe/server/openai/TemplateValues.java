package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON as templates see it: what Python's {@code json.loads} makes of it. */
final class TemplateValues {
  private TemplateValues() {}

  static @Nullable Object of(JsonNode node) {
    if (node.isObject()) {
      Map<String, @Nullable Object> out = new LinkedHashMap<>();
      node.properties().forEach(e -> out.put(e.getKey(), of(e.getValue())));
      return out;
    } else if (node.isArray()) {
      List<@Nullable Object> out = new ArrayList<>();
      node.forEach(item -> out.add(of(item)));
      return out;
    } else if (node.isTextual()) {
      return node.textValue();
    } else if (node.isBoolean()) {
      return node.booleanValue();
    } else if (node.isIntegralNumber()) {
      return node.canConvertToLong() ? (Object) node.longValue() : node.bigIntegerValue();
    }
    return node.isNumber() ? (Object) node.doubleValue() : null;
  }
}
