package dev.tensafe.tuning.queue;

import java.util.Locale;

/** Where a call is. */
public enum JobState {
  QUEUED,
  RUNNING,
  DONE,
  /** It had an error, which its caller is told. */
  FAILED,
  CANCELLED,
  /** It was begun too often without an end: the process died over it. */
  DEAD;

  /** The name in the store and in answers. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static JobState of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }

  /** Whether nothing more happens to it. */
  public boolean ended() {
    return this != QUEUED && this != RUNNING;
  }
}
