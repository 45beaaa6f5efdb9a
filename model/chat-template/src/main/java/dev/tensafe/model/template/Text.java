package dev.tensafe.model.template;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code str()} and {@code repr()}. */
final class Text {
  private Text() {}

  static String str(@Nullable Object value, Budget budget) {
    if (value instanceof String text) {
      return text;
    } else if (value instanceof Undefined) {
      return "";
    }
    StringBuilder out = new StringBuilder();
    repr(value, out, 0, budget);
    return out.toString();
  }

  private static void repr(@Nullable Object value, StringBuilder out, int depth, Budget budget) {
    budget.step();
    if (depth > Budget.MAX_DEPTH) {
      throw new TemplateException("template.limit", "a value is nested too deeply to print");
    }
    if (value == null) {
      out.append("None");
    } else if (value instanceof Boolean flag) {
      out.append(flag ? "True" : "False");
    } else if (value instanceof Double number) {
      out.append(Numbers.floatText(number));
    } else if (value instanceof Number) {
      out.append(value);
    } else if (value instanceof String text) {
      quote(text, out);
      budget.bulk(text.length());
    } else if (value instanceof Undefined) {
      out.append("Undefined");
    } else if (value instanceof List<?> list) {
      boolean tuple = value instanceof Tuple;
      out.append(tuple ? '(' : '[');
      for (int i = 0; i < list.size(); i++) {
        out.append(i == 0 ? "" : ", ");
        repr(list.get(i), out, depth + 1, budget);
      }
      out.append(tuple && list.size() == 1 ? "," : "").append(tuple ? ')' : ']');
    } else if (value instanceof Map<?, ?> map) {
      out.append('{');
      String separator = "";
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        out.append(separator);
        repr(entry.getKey(), out, depth + 1, budget);
        out.append(": ");
        repr(entry.getValue(), out, depth + 1, budget);
        separator = ", ";
      }
      out.append('}');
    } else {
      throw TemplateException.unsupported("printing a " + Values.typeName(value));
    }
  }

  private static void quote(String text, StringBuilder out) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    out.append(quote);
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                  if (c == quote) {
                    out.append('\\').append(quote);
                  } else if (c < 0x20 || c == 0x7f) {
                    out.append(String.format("\\x%02x", c));
                  } else {
                    out.appendCodePoint(c);
                  }
                }
              }
            });
    out.append(quote);
  }
}
