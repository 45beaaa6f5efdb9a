package dev.tensafe.tuning.queue;

import org.jspecify.annotations.Nullable;

/**
 * What became of a call.
 *
 * @param result JSON, where it is done and still kept
 * @param code of the error, where it has one
 * @param text of the error
 * @param userFault whether the caller can mend it
 */
public record Outcome(
    JobState state,
    String label,
    byte @Nullable [] result,
    @Nullable String code,
    @Nullable String text,
    boolean userFault) {
  /** No result: it may hold anything. */
  @Override
  public String toString() {
    return "Outcome[" + state + ", " + label + "]";
  }
}
