package dev.tensafe.model.template;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Filters on texts, numbers and single values. */
final class TextFilters {
  private static final Pattern WORD = Pattern.compile("([-\\s({\\[<]+)|([^-\\s({\\[<]+)");

  private TextFilters() {}

  static void register(Map<String, Environment.Filter> filters) {
    filters.put("tojson", (v, a, f) -> JsonText.of(v, a, f.budget()));
    filters.put("string", (v, a, f) -> Text.str(v, f.budget()));
    filters.put("safe", (v, a, f) -> v);
    filters.put("trim", (v, a, f) -> trim(text(v, f), a));
    filters.put("upper", (v, a, f) -> text(v, f).toUpperCase(Locale.ROOT));
    filters.put("lower", (v, a, f) -> text(v, f).toLowerCase(Locale.ROOT));
    filters.put("capitalize", (v, a, f) -> StringMethods.capitalize(text(v, f)));
    filters.put("title", (v, a, f) -> title(text(v, f)));
    filters.put("escape", (v, a, f) -> escape(text(v, f)));
    filters.put("e", (v, a, f) -> escape(text(v, f)));
    filters.put(
        "replace",
        (v, a, f) ->
            StringMethods.replace(
                text(v, f),
                a.text(0, "old"),
                a.text(1, "new"),
                a.integer(2, "count", -1),
                f.budget()));
    filters.put("indent", (v, a, f) -> indent(text(v, f), a));
    filters.put("wordcount", (v, a, f) -> (long) text(v, f).strip().split("\\s+", -1).length);
    filters.put("default", TextFilters::orElse);
    filters.put("d", TextFilters::orElse);
    filters.put("int", (v, a, f) -> integer(v, a));
    filters.put("float", (v, a, f) -> decimal(v, a));
    filters.put("abs", (v, a, f) -> Numbers.compare(v, 0L) < 0 ? Numbers.negate(v) : v);
    filters.put("round", (v, a, f) -> round(v, a));
  }

  private static String text(@Nullable Object value, VariableScope scope) {
    String text = Text.str(value, scope.budget());
    scope.budget().bulk(text.length());
    return text;
  }

  private static @Nullable Object orElse(@Nullable Object value, Arguments a, VariableScope scope) {
    boolean missing =
        value instanceof Undefined || (a.flag(1, "boolean", false) && !Values.truthy(value));
    return missing ? a.get(0, "default_value", "") : value;
  }

  private static String trim(String text, Arguments a) {
    String chars = a.get(0, "chars", null) instanceof String given ? given : null;
    return StringMethods.strip(text, chars, true, true);
  }

  private static String title(String text) {
    Matcher words = WORD.matcher(text);
    StringBuilder out = new StringBuilder();
    while (words.find()) {
      out.append(
          words.group(1) != null ? words.group(1) : StringMethods.capitalize(words.group(2)));
    }
    return out.toString();
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("'", "&#39;")
        .replace("\"", "&#34;");
  }

  private static String indent(String text, Arguments a) {
    Object width = a.get(0, "width", 4L);
    String pad =
        width instanceof String given
            ? given
            : " ".repeat((int) Math.max(0, Math.min(1000, Numbers.integer(width))));
    boolean first = a.flag(1, "first", false);
    boolean blank = a.flag(2, "blank", false);
    String[] lines = text.split("\n", -1);
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < lines.length; i++) {
      boolean padded = i == 0 ? first : blank || !lines[i].isEmpty();
      out.append(i == 0 ? "" : "\n").append(padded ? pad : "").append(lines[i]);
    }
    return out.toString();
  }

  private static @Nullable Object integer(@Nullable Object value, Arguments a) {
    Object otherwise = a.get(0, "default", 0L);
    if (value instanceof Boolean || value instanceof Long) {
      return Numbers.integer(value);
    } else if (value instanceof Double number) {
      return number.isNaN() || number.isInfinite() ? otherwise : (Object) number.longValue();
    } else if (value instanceof String text) {
      String digits = text.strip();
      try {
        int base = a.integer(1, "base", 10);
        return base >= 2 && base <= 36 ? (Object) Long.parseLong(digits, base) : otherwise;
      } catch (NumberFormatException notAnInteger) {
        Double number = parse(digits);
        return number == null ? otherwise : (Object) number.longValue();
      }
    }
    return otherwise;
  }

  private static @Nullable Object decimal(@Nullable Object value, Arguments a) {
    Object otherwise = a.get(0, "default", 0.0);
    if (Numbers.isNumeric(value)) {
      return Numbers.number(value);
    }
    Double number = value instanceof String text ? parse(text.strip()) : null;
    return number == null ? otherwise : number;
  }

  private static @Nullable Double parse(String text) {
    if (!text.matches("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?")) {
      return null;
    }
    return Double.valueOf(text);
  }

  private static Object round(@Nullable Object value, Arguments a) {
    int precision = a.integer(0, "precision", 0);
    Object method = a.get(1, "method", "common");
    double scale = Math.pow(10, precision);
    double scaled = Numbers.number(value) * scale;
    double rounded =
        "ceil".equals(method)
            ? Math.ceil(scaled)
            : "floor".equals(method) ? Math.floor(scaled) : Math.rint(scaled);
    return rounded / scale;
  }
}
