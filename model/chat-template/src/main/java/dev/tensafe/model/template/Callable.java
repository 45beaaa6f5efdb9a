package dev.tensafe.model.template;

import org.jspecify.annotations.Nullable;

/** Something a template can call: a macro, a global function or a method bound to its object. */
@FunctionalInterface
interface Callable {
  @Nullable Object call(VariableScope scope, Arguments arguments);
}
