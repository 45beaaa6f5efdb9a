package dev.tensafe.model.template;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters, tests and global functions, as Hugging Face's Jinja environment provides them. */
final class Environment {
  /** A filter: {@code value | name(arguments)}. */
  @FunctionalInterface
  interface Filter {
    @Nullable Object apply(@Nullable Object value, Arguments arguments, VariableScope scope);
  }

  /** A test: {@code value is name(arguments)}. */
  @FunctionalInterface
  interface Test {
    boolean holds(@Nullable Object value, Arguments arguments, VariableScope scope);
  }

  private final Map<String, Filter> filters = new HashMap<>();
  private final Map<String, Test> tests = new HashMap<>();
  private final Map<String, Object> globals = new HashMap<>();

  Environment(java.time.Clock clock) {
    TextFilters.register(filters);
    SequenceFilters.register(filters);
    Tests.register(tests);
    Globals.register(globals, clock);
  }

  boolean hasFilter(String name) {
    return filters.containsKey(name);
  }

  boolean hasTest(String name) {
    return tests.containsKey(name);
  }

  Filter filter(String name) {
    Filter filter = filters.get(name);
    if (filter == null) {
      throw TemplateException.unsupported("the filter '" + name + "'");
    }
    return filter;
  }

  Test test(String name) {
    Test test = tests.get(name);
    if (test == null) {
      throw TemplateException.unsupported("the test '" + name + "'");
    }
    return test;
  }

  Object global(String name) {
    Object value = globals.get(name);
    return value == null ? new Undefined(name) : value;
  }
}
