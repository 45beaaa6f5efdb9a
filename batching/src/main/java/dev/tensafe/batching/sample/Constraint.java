package dev.tensafe.batching.sample;

import java.util.Set;

/** The form that an output must have. Thread-safe; outputs may share one. */
public interface Constraint {
  /**
   * The mask of one output, before its first token.
   *
   * @param ends tokens that end the output; they may come where the output is whole, and only there
   */
  LogitMask begin(Set<Integer> ends);

  /**
   * Whether an output that a stop string cut counts as ended. Otherwise it counts as cut short: it
   * need not have the form.
   */
  default boolean cuttable() {
    return false;
  }
}
