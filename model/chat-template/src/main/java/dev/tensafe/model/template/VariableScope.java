package dev.tensafe.model.template;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One scope of variables; a lookup goes outwards, a {@code set} stays here. */
final class VariableScope {
  private final Map<String, @Nullable Object> variables = new HashMap<>();
  private final @Nullable VariableScope parent;
  private final Environment environment;
  private final Budget budget;
  private final int depth;

  VariableScope(Environment environment, Budget budget) {
    this.environment = environment;
    this.budget = budget;
    this.parent = null;
    this.depth = 0;
  }

  private VariableScope(VariableScope parent, int depth) {
    this.environment = parent.environment;
    this.budget = parent.budget;
    this.parent = parent;
    this.depth = depth;
  }

  /** A nested scope. */
  VariableScope child() {
    return new VariableScope(this, depth);
  }

  /** The scope of a call made from {@code caller}; recursion is bounded. */
  VariableScope callee(VariableScope caller) {
    if (caller.depth >= Budget.MAX_DEPTH) {
      throw new TemplateException("template.limit", "macros call each other too deeply");
    }
    return new VariableScope(this, caller.depth + 1);
  }

  void set(String name, @Nullable Object value) {
    variables.put(name, value);
  }

  @Nullable Object get(String name) {
    for (VariableScope scope = this; scope != null; scope = scope.parent) {
      if (scope.variables.containsKey(name)) {
        return scope.variables.get(name);
      }
    }
    return environment.global(name);
  }

  Budget budget() {
    return budget;
  }

  Environment environment() {
    return environment;
  }
}
