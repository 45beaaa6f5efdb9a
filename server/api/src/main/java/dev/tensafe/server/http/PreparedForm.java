package dev.tensafe.server.http;

import dev.tensafe.batching.sample.Constraint;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What outputs must be like: nothing, something that is known, or something that is to be compiled.
 *
 * @param constraint empty for nothing, or until it is compiled
 * @param compilation compiles it, slowly; null when there is nothing to do
 */
record PreparedForm(Optional<Constraint> constraint, @Nullable Supplier<Constraint> compilation) {
  /** Any output. */
  static final PreparedForm NONE = new PreparedForm(Optional.empty(), null);

  /** The form, compiled here and now. */
  PreparedForm compiled() {
    return compilation == null ? this : new PreparedForm(Optional.of(compilation.get()), null);
  }

  /** The same, compiled within something else. */
  PreparedForm within(UnaryOperator<Supplier<Constraint>> outer) {
    return compilation == null ? this : new PreparedForm(constraint, outer.apply(compilation));
  }
}
