package dev.tensafe.model.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Methods of dicts and lists; those of strings are in {@link StringMethods}. */
final class Methods {
  private static final Set<String> MUTATING =
      Set.of(
          "append",
          "extend",
          "insert",
          "pop",
          "popitem",
          "remove",
          "clear",
          "update",
          "setdefault",
          "sort",
          "reverse");

  private Methods() {}

  /** The bound method, or null if the type has none of this name. */
  static @Nullable Callable of(@Nullable Object object, String name) {
    if (object instanceof String text) {
      return StringMethods.of(text, name);
    }
    if (object instanceof Map<?, ?> map) {
      Callable method = ofDict(map, name);
      return method != null ? method : mutating(name, "dict");
    }
    if (object instanceof List<?> list) {
      return switch (name) {
        case "index" -> (scope, a) -> indexOf(list, a.required(0, "value"));
        case "count" ->
            (scope, a) -> {
              Object wanted = a.required(0, "value");
              return list.stream().filter(item -> Values.equal(item, wanted)).count();
            };
        case "copy" -> (scope, a) -> new ArrayList<@Nullable Object>(list);
        default -> mutating(name, "list");
      };
    }
    return null;
  }

  private static @Nullable Callable ofDict(Map<?, ?> map, String name) {
    return switch (name) {
      case "get" ->
          (scope, a) -> {
            Object key = a.required(0, "key");
            return map.containsKey(key) ? map.get(key) : a.get(1, "default", null);
          };
      case "items" -> (scope, a) -> pairs(map);
      case "keys" -> (scope, a) -> new ArrayList<@Nullable Object>(map.keySet());
      case "values" -> (scope, a) -> new ArrayList<@Nullable Object>(map.values());
      case "copy" ->
          (scope, a) -> new java.util.LinkedHashMap<@Nullable Object, @Nullable Object>(map);
      default -> null;
    };
  }

  /** The entries of a dict as pairs. */
  static List<@Nullable Object> pairs(Map<?, ?> map) {
    List<@Nullable Object> out = new ArrayList<>(map.size());
    map.forEach((key, value) -> out.add(Tuple.of(key, value)));
    return out;
  }

  private static Object indexOf(List<?> list, @Nullable Object wanted) {
    for (int i = 0; i < list.size(); i++) {
      if (Values.equal(list.get(i), wanted)) {
        return (long) i;
      }
    }
    throw TemplateException.error("the value is not in the list");
  }

  private static @Nullable Callable mutating(String name, String type) {
    if (!MUTATING.contains(name)) {
      return null;
    }
    return (scope, a) -> {
      throw TemplateException.unsupported("changing a " + type + " with ." + name + "()");
    };
  }
}
