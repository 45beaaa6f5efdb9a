package dev.tensafe.model.template;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** {@code json.dumps}, as transformers' {@code tojson} filter calls it. */
final class JsonText {
  private final StringBuilder out = new StringBuilder();
  private final Budget budget;
  private final boolean ascii;
  private final boolean sorted;
  private final @Nullable String indent;
  private final String itemSeparator;
  private final String keySeparator;

  private JsonText(Arguments a, Budget budget) {
    this.budget = budget;
    a.check("tojson", 4, java.util.Set.of("ensure_ascii", "indent", "separators", "sort_keys"));
    ascii = a.flag(0, "ensure_ascii", false);
    Object width = a.get(1, "indent", null);
    indent =
        width == null
            ? null
            : width instanceof String text
                ? text
                : " ".repeat((int) Math.max(0, Math.min(64, Numbers.integer(width))));
    if (a.get(2, "separators", null) instanceof List<?> pair
        && pair.size() == 2
        && pair.get(0) instanceof String item
        && pair.get(1) instanceof String key) {
      itemSeparator = item;
      keySeparator = key;
    } else {
      itemSeparator = indent == null ? ", " : ",";
      keySeparator = ": ";
    }
    sorted = a.flag(3, "sort_keys", false);
  }

  static String of(@Nullable Object value, Arguments arguments, Budget budget) {
    JsonText json = new JsonText(arguments, budget);
    json.write(value, 0);
    return json.out.toString();
  }

  private void write(@Nullable Object value, int depth) {
    budget.step();
    if (depth > Budget.MAX_DEPTH) {
      throw new TemplateException("template.limit", "a value is nested too deeply for tojson");
    }
    if (value == null) {
      out.append("null");
    } else if (value instanceof Boolean) {
      out.append(value);
    } else if (value instanceof Double number) {
      out.append(
          number.isNaN()
              ? "NaN"
              : number.isInfinite()
                  ? number > 0 ? "Infinity" : "-Infinity"
                  : Numbers.floatText(number));
    } else if (value instanceof Number) {
      out.append(value);
    } else if (value instanceof String text) {
      string(text);
    } else if (value instanceof List<?> list) {
      array(list, depth);
    } else if (value instanceof Map<?, ?> map) {
      object(map, depth);
    } else {
      throw TemplateException.error(
          "object of type " + Values.typeName(value) + " is not JSON serializable");
    }
  }

  private void array(List<?> list, int depth) {
    if (list.isEmpty()) {
      out.append("[]");
      return;
    }
    out.append('[');
    for (int i = 0; i < list.size(); i++) {
      out.append(i == 0 ? "" : itemSeparator);
      newline(depth + 1);
      write(list.get(i), depth + 1);
    }
    newline(depth);
    out.append(']');
  }

  private void object(Map<?, ?> map, int depth) {
    if (map.isEmpty()) {
      out.append("{}");
      return;
    }
    Map<?, ?> entries = map;
    if (sorted) {
      TreeMap<Object, Object> ordered = new TreeMap<>(Values::compare);
      ordered.putAll(map);
      entries = ordered;
    }
    out.append('{');
    String separator = "";
    for (Map.Entry<?, ?> entry : entries.entrySet()) {
      out.append(separator);
      newline(depth + 1);
      Object key = entry.getKey();
      string(key instanceof String text ? text : keyText(key));
      out.append(keySeparator);
      write(entry.getValue(), depth + 1);
      separator = itemSeparator;
    }
    newline(depth);
    out.append('}');
  }

  private String keyText(@Nullable Object key) {
    return key == null ? "null" : key instanceof Boolean ? key.toString() : Text.str(key, budget);
  }

  private void newline(int depth) {
    if (indent != null) {
      out.append('\n').append(indent.repeat(depth));
    }
  }

  private void string(String text) {
    budget.bulk(text.length());
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> {
          if (c < 0x20 || (ascii && c > 0x7e)) {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
