package dev.tensafe.model.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Python's view of values: None is null, bool is Boolean, int is Long (BigInteger from data), float
 * is Double, str is String, list is List, tuple is {@link Tuple}, dict is Map.
 */
final class Values {
  private Values() {}

  static boolean truthy(@Nullable Object value) {
    if (value == null || value instanceof Undefined) {
      return false;
    } else if (value instanceof Boolean flag) {
      return flag;
    } else if (value instanceof Number number) {
      return number.doubleValue() != 0;
    } else if (value instanceof String text) {
      return !text.isEmpty();
    } else if (value instanceof List<?> list) {
      return !list.isEmpty();
    } else if (value instanceof Map<?, ?> map) {
      return !map.isEmpty();
    }
    return true;
  }

  /** {@code ==}: numbers and booleans by value, containers by their items. */
  static boolean equal(@Nullable Object a, @Nullable Object b) {
    if (Numbers.isNumeric(a) && Numbers.isNumeric(b)) {
      return Numbers.compare(a, b) == 0;
    }
    if (a instanceof List<?> left && b instanceof List<?> right) {
      if (left.size() != right.size() || (left instanceof Tuple) != (right instanceof Tuple)) {
        return false;
      }
      for (int i = 0; i < left.size(); i++) {
        if (!equal(left.get(i), right.get(i))) {
          return false;
        }
      }
      return true;
    }
    if (a instanceof Map<?, ?> left && b instanceof Map<?, ?> right) {
      return left.size() == right.size()
          && left.entrySet().stream()
              .allMatch(
                  e -> right.containsKey(e.getKey()) && equal(e.getValue(), right.get(e.getKey())));
    }
    return Objects.equals(a, b);
  }

  /** {@code <} and its kin. */
  static int compare(@Nullable Object a, @Nullable Object b) {
    if (Numbers.isNumeric(a) && Numbers.isNumeric(b)) {
      return Numbers.compare(a, b);
    }
    if (a instanceof String left && b instanceof String right) {
      return compareText(left, right);
    }
    if (a instanceof List<?> left && b instanceof List<?> right) {
      for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
        if (!equal(left.get(i), right.get(i))) {
          return compare(left.get(i), right.get(i));
        }
      }
      return Integer.compare(left.size(), right.size());
    }
    throw TemplateException.error("cannot order " + typeName(a) + " and " + typeName(b));
  }

  /** By code point, as Python orders strings. */
  private static int compareText(String a, String b) {
    int[] left = a.codePoints().toArray();
    int[] right = b.codePoints().toArray();
    return java.util.Arrays.compare(left, right);
  }

  /** {@code item in container}. */
  static boolean contains(@Nullable Object container, @Nullable Object item, Budget budget) {
    if (container instanceof String text) {
      if (item instanceof String part) {
        budget.bulk(text.length());
        return text.contains(part);
      }
      throw TemplateException.error("'in <string>' requires a string, not " + typeName(item));
    }
    if (container instanceof Map<?, ?> map) {
      return map.containsKey(item);
    }
    List<@Nullable Object> items = iterate(container);
    budget.bulk(items.size() * 16L);
    return items.stream().anyMatch(candidate -> equal(candidate, item));
  }

  /** The items a {@code for} loop would visit, in a list of the caller's own. */
  static List<@Nullable Object> iterate(@Nullable Object value) {
    if (value instanceof Undefined) {
      return new ArrayList<>();
    } else if (value instanceof List<?> list) {
      return new ArrayList<>(list);
    } else if (value instanceof Map<?, ?> map) {
      return new ArrayList<>(map.keySet());
    } else if (value instanceof String text) {
      List<@Nullable Object> out = new ArrayList<>();
      text.codePoints().forEach(c -> out.add(Character.toString(c)));
      return out;
    } else if (value instanceof PythonGenerator generator) {
      List<@Nullable Object> out = new ArrayList<>();
      generator.items().forEachRemaining(out::add);
      return out;
    }
    throw TemplateException.error(typeName(value) + " is not iterable");
  }

  static long length(@Nullable Object value) {
    if (value instanceof Undefined) {
      return 0;
    } else if (value instanceof String text) {
      return text.codePointCount(0, text.length());
    } else if (value instanceof List<?> list) {
      return list.size();
    } else if (value instanceof Map<?, ?> map) {
      return map.size();
    }
    throw TemplateException.error("object of type " + typeName(value) + " has no len()");
  }

  static boolean isIterable(@Nullable Object value) {
    return value instanceof Undefined
        || value instanceof String
        || value instanceof List
        || value instanceof Map
        || value instanceof PythonGenerator;
  }

  /** The type's name in Python. */
  static String typeName(@Nullable Object value) {
    if (value == null) {
      return "NoneType";
    } else if (value instanceof Boolean) {
      return "bool";
    } else if (value instanceof Double) {
      return "float";
    } else if (value instanceof Number) {
      return "int";
    } else if (value instanceof String) {
      return "str";
    } else if (value instanceof Tuple) {
      return "tuple";
    } else if (value instanceof List) {
      return "list";
    } else if (value instanceof Map) {
      return "dict";
    }
    return value.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
  }
}
