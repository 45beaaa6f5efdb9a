package dev.tensafe.model.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Arguments of a call as Python has them: positional, then named. */
record Arguments(List<@Nullable Object> positional, Map<String, @Nullable Object> named) {
  static final Arguments NONE = new Arguments(List.of(), Map.of());

  /** The argument at a position or under a name, or {@code otherwise}. */
  @Nullable Object get(int index, String name, @Nullable Object otherwise) {
    if (index < positional.size()) {
      return positional.get(index);
    }
    return named.containsKey(name) ? named.get(name) : otherwise;
  }

  @Nullable Object required(int index, String name) {
    if (index >= positional.size() && !named.containsKey(name)) {
      throw TemplateException.error("missing argument '" + name + "'");
    }
    return get(index, name, null);
  }

  String text(int index, String name) {
    if (required(index, name) instanceof String text) {
      return text;
    }
    throw TemplateException.error("argument '" + name + "' must be a string");
  }

  int integer(int index, String name, int otherwise) {
    Object value = get(index, name, (long) otherwise);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Long || value instanceof Boolean) {
      long number = Numbers.integer(value);
      return (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, number));
    }
    throw TemplateException.error("argument '" + name + "' must be an integer");
  }

  boolean flag(int index, String name, boolean otherwise) {
    return Values.truthy(get(index, name, otherwise));
  }

  /** Fails unless there are at most {@code max} positional and only the given named arguments. */
  void check(String function, int max, Set<String> names) {
    if (positional.size() > max) {
      throw TemplateException.error(function + "() takes at most " + max + " arguments");
    }
    for (String name : named.keySet()) {
      if (!names.contains(name)) {
        throw TemplateException.error(function + "() has no keyword argument '" + name + "'");
      }
    }
  }

  /** Without the first {@code count} positional arguments. */
  Arguments skip(int count) {
    List<@Nullable Object> rest =
        new ArrayList<>(positional.subList(Math.min(count, positional.size()), positional.size()));
    return new Arguments(rest, named);
  }
}
