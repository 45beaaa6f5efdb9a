package dev.tensafe.model.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code a.b}, {@code a[b]} and {@code a[b:c:d]}. */
final class Attributes {
  private Attributes() {}

  /** Jinja's getattr: the attribute or method, then the item of that name, then undefined. */
  static @Nullable Object attribute(@Nullable Object object, String name) {
    if (object instanceof Undefined undefined) {
      throw undefined.error();
    } else if (object instanceof Loop loop) {
      return loop.attribute(name);
    } else if (object instanceof Namespace namespace) {
      return namespace.attributes().containsKey(name)
          ? namespace.attributes().get(name)
          : new Undefined(name);
    }
    Callable method = Methods.of(object, name);
    if (method != null) {
      return method;
    }
    if (object instanceof Map<?, ?> map && map.containsKey(name)) {
      return map.get(name);
    }
    return new Undefined(name);
  }

  /** Jinja's getitem: the item, then for a string key the attribute, then undefined. */
  static @Nullable Object item(@Nullable Object object, @Nullable Object key) {
    if (object instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (object instanceof Map<?, ?> map && map.containsKey(key)) {
      return map.get(key);
    }
    if (object instanceof PythonGenerator) {
      throw TemplateException.error("a generator is not subscriptable");
    }
    if (key instanceof Long || key instanceof Boolean) {
      long index = Numbers.integer(key);
      if (object instanceof List<?> list) {
        long at = index < 0 ? index + list.size() : index;
        return at >= 0 && at < list.size() ? list.get((int) at) : new Undefined("item " + index);
      }
      if (object instanceof String text) {
        int length = text.codePointCount(0, text.length());
        long at = index < 0 ? index + length : index;
        if (at < 0 || at >= length) {
          return new Undefined("item " + index);
        }
        return Character.toString(text.codePointAt(text.offsetByCodePoints(0, (int) at)));
      }
    }
    return key instanceof String name ? attribute(object, name) : new Undefined("item");
  }

  /** A Python slice of a string, list or tuple. */
  static Object slice(
      @Nullable Object object, @Nullable Long start, @Nullable Long stop, @Nullable Long step) {
    if (object instanceof String text) {
      int[] points = text.codePoints().toArray();
      StringBuilder out = new StringBuilder();
      for (int i : indices(points.length, start, stop, step)) {
        out.appendCodePoint(points[i]);
      }
      return out.toString();
    }
    if (object instanceof List<?> list) {
      List<@Nullable Object> out = new ArrayList<>();
      for (int i : indices(list.size(), start, stop, step)) {
        out.add(list.get(i));
      }
      return object instanceof Tuple ? new Tuple(out) : out;
    }
    if (object instanceof Undefined undefined) {
      throw undefined.error();
    }
    throw TemplateException.error("a " + Values.typeName(object) + " cannot be sliced");
  }

  private static List<Integer> indices(
      int length, @Nullable Long start, @Nullable Long stop, @Nullable Long stepOrNull) {
    long step = stepOrNull == null ? 1 : Math.max(-length - 1L, Math.min(length + 1L, stepOrNull));
    if (step == 0) {
      throw TemplateException.error("slice step cannot be zero");
    }
    long low = step > 0 ? 0 : -1;
    long high = step > 0 ? length : length - 1L;
    long from = start == null ? (step > 0 ? low : high) : clamp(start, length, low, high);
    long to = stop == null ? (step > 0 ? high : low) : clamp(stop, length, low, high);
    List<Integer> out = new ArrayList<>();
    for (long i = from; step > 0 ? i < to : i > to; i += step) {
      out.add((int) i);
    }
    return out;
  }

  private static long clamp(long index, int length, long low, long high) {
    long at = index < 0 ? index + length : index;
    return Math.max(low, Math.min(high, at));
  }
}
