package dev.tensafe.model.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Filters on lists, dicts and generators. */
final class SequenceFilters {
  private SequenceFilters() {}

  static void register(Map<String, Environment.Filter> filters) {
    filters.put("length", (v, a, f) -> Values.length(v));
    filters.put("count", (v, a, f) -> Values.length(v));
    filters.put("list", (v, a, f) -> items(v, f));
    filters.put("first", (v, a, f) -> end(items(v, f), true));
    filters.put("last", (v, a, f) -> end(items(v, f), false));
    filters.put("join", (v, a, f) -> join(items(v, f), a, f));
    filters.put("reverse", (v, a, f) -> reverse(v, f));
    filters.put("items", (v, a, f) -> pairs(v));
    filters.put("dictsort", (v, a, f) -> dictSort(v, a, f));
    filters.put("sort", (v, a, f) -> sort(items(v, f), a, f));
    filters.put("unique", (v, a, f) -> unique(items(v, f), a, f));
    filters.put("min", (v, a, f) -> extreme(items(v, f), a, -1));
    filters.put("max", (v, a, f) -> extreme(items(v, f), a, 1));
    filters.put("sum", (v, a, f) -> sum(items(v, f), a));
    filters.put("map", (v, a, f) -> map(items(v, f), a, f));
    filters.put("select", (v, a, f) -> filter(items(v, f), a, f, false, true));
    filters.put("reject", (v, a, f) -> filter(items(v, f), a, f, false, false));
    filters.put("selectattr", (v, a, f) -> filter(items(v, f), a, f, true, true));
    filters.put("rejectattr", (v, a, f) -> filter(items(v, f), a, f, true, false));
    filters.put("attr", (v, a, f) -> Attributes.attribute(v, a.text(0, "name")));
  }

  private static List<@Nullable Object> items(@Nullable Object value, VariableScope scope) {
    List<@Nullable Object> out = Values.iterate(value);
    scope.budget().bulk(out.size() * 16L);
    return out;
  }

  private static @Nullable Object end(List<@Nullable Object> items, boolean first) {
    if (items.isEmpty()) {
      return new Undefined(first ? "first" : "last");
    }
    return items.get(first ? 0 : items.size() - 1);
  }

  private static Object join(List<@Nullable Object> items, Arguments a, VariableScope scope) {
    Object gap = a.get(0, "d", "");
    Object attribute = a.get(1, "attribute", null);
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < items.size(); i++) {
      out.append(i == 0 ? "" : Text.str(gap, scope.budget()));
      Object item = attribute == null ? items.get(i) : path(items.get(i), attribute);
      String text = Text.str(item, scope.budget());
      scope.budget().bulk(text.length());
      out.append(text);
    }
    return out.toString();
  }

  private static Object reverse(@Nullable Object value, VariableScope scope) {
    if (value instanceof String text) {
      return new StringBuilder(text).reverse().toString();
    }
    List<@Nullable Object> out = items(value, scope);
    Collections.reverse(out);
    return PythonGenerator.of(out);
  }

  private static Object pairs(@Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      return PythonGenerator.of(Methods.pairs(map));
    }
    if (value instanceof Undefined) {
      return PythonGenerator.of(List.of());
    }
    throw TemplateException.error("items needs a dict, not a " + Values.typeName(value));
  }

  /** Follows a dotted path of attributes and indices. */
  private static @Nullable Object path(@Nullable Object value, @Nullable Object attribute) {
    if (!(attribute instanceof String dotted)) {
      return Attributes.item(value, attribute);
    }
    Object at = value;
    for (String part : dotted.split("\\.", -1)) {
      boolean index = !part.isEmpty() && part.chars().allMatch(c -> c >= '0' && c <= '9');
      at = Attributes.item(at, index ? (Object) Long.parseLong(part) : part);
    }
    return at;
  }

  private static @Nullable Object folded(@Nullable Object value, boolean caseSensitive) {
    return !caseSensitive && value instanceof String text ? text.toLowerCase(Locale.ROOT) : value;
  }

  private static int order(@Nullable Object a, @Nullable Object b) {
    boolean bothUndefined = a instanceof Undefined && b instanceof Undefined;
    return bothUndefined || (a == null && b == null) ? 0 : Values.compare(a, b);
  }

  private static Object sort(List<@Nullable Object> items, Arguments a, VariableScope scope) {
    a.check("sort", 3, Set.of("reverse", "case_sensitive", "attribute"));
    boolean sensitive = a.flag(1, "case_sensitive", false);
    Object attribute = a.get(2, "attribute", null);
    Comparator<@Nullable Object> comparator =
        (x, y) -> {
          scope.budget().step();
          return order(
              folded(attribute == null ? x : path(x, attribute), sensitive),
              folded(attribute == null ? y : path(y, attribute), sensitive));
        };
    items.sort(a.flag(0, "reverse", false) ? comparator.reversed() : comparator);
    return items;
  }

  private static Object dictSort(@Nullable Object value, Arguments a, VariableScope scope) {
    if (!(value instanceof Map<?, ?> map)) {
      throw TemplateException.error("dictsort needs a dict, not a " + Values.typeName(value));
    }
    a.check("dictsort", 3, Set.of("case_sensitive", "by", "reverse"));
    boolean sensitive = a.flag(0, "case_sensitive", false);
    int by = "value".equals(a.get(1, "by", "key")) ? 1 : 0;
    List<@Nullable Object> pairs = Methods.pairs(map);
    Comparator<@Nullable Object> comparator =
        (x, y) -> {
          scope.budget().step();
          return order(
              folded(Attributes.item(x, (long) by), sensitive),
              folded(Attributes.item(y, (long) by), sensitive));
        };
    pairs.sort(a.flag(2, "reverse", false) ? comparator.reversed() : comparator);
    return pairs;
  }

  private static Object unique(List<@Nullable Object> items, Arguments a, VariableScope scope) {
    boolean sensitive = a.flag(0, "case_sensitive", false);
    Object attribute = a.get(1, "attribute", null);
    List<@Nullable Object> keys = new ArrayList<>();
    List<@Nullable Object> out = new ArrayList<>();
    for (Object item : items) {
      Object key = folded(attribute == null ? item : path(item, attribute), sensitive);
      scope.budget().bulk(keys.size() * 8L);
      if (keys.stream().noneMatch(known -> Values.equal(known, key))) {
        keys.add(key);
        out.add(item);
      }
    }
    return PythonGenerator.of(out);
  }

  private static @Nullable Object extreme(List<@Nullable Object> items, Arguments a, int sign) {
    Object attribute = a.get(1, "attribute", null);
    Object best = null;
    boolean any = false;
    for (Object item : items) {
      Object key = folded(attribute == null ? item : path(item, attribute), false);
      Object bestKey = folded(attribute == null || !any ? best : path(best, attribute), false);
      if (!any || Integer.signum(Values.compare(key, bestKey)) == sign) {
        best = item;
        any = true;
      }
    }
    return any ? best : new Undefined("extreme of nothing");
  }

  private static Object sum(List<@Nullable Object> items, Arguments a) {
    Object attribute = a.get(0, "attribute", null);
    Object total = a.get(1, "start", 0L);
    for (Object item : items) {
      total = Numbers.apply("+", total, attribute == null ? item : path(item, attribute));
    }
    return total == null ? 0L : total;
  }

  private static Object map(List<@Nullable Object> items, Arguments a, VariableScope scope) {
    List<@Nullable Object> out = new ArrayList<>();
    if (a.named().containsKey("attribute")) {
      a.check("map", 0, Set.of("attribute", "default"));
      Object otherwise = a.named().get("default");
      for (Object item : items) {
        Object found = path(item, a.named().get("attribute"));
        out.add(found instanceof Undefined && otherwise != null ? otherwise : found);
      }
    } else {
      Environment.Filter filter = scope.environment().filter(a.text(0, "filter"));
      Arguments rest = a.skip(1);
      for (Object item : items) {
        scope.budget().step();
        out.add(filter.apply(item, rest, scope));
      }
    }
    return PythonGenerator.of(out);
  }

  private static Object filter(
      List<@Nullable Object> items,
      Arguments a,
      VariableScope scope,
      boolean byAttribute,
      boolean keep) {
    Object attribute = byAttribute ? a.required(0, "attribute") : null;
    Arguments rest = byAttribute ? a.skip(1) : a;
    Environment.Test test = null;
    if (!rest.positional().isEmpty()) {
      test = scope.environment().test(rest.text(0, "test"));
    }
    Arguments testArguments = rest.skip(1);
    List<@Nullable Object> out = new ArrayList<>();
    for (Object item : items) {
      scope.budget().step();
      Object value = byAttribute ? path(item, attribute) : item;
      boolean holds = test == null ? Values.truthy(value) : test.holds(value, testArguments, scope);
      if (holds == keep) {
        out.add(item);
      }
    }
    return PythonGenerator.of(out);
  }
}
