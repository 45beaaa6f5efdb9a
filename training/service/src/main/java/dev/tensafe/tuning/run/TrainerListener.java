package dev.tensafe.tuning.run;

/** Hears of what the trainer does; called on its thread, must return at once. */
public interface TrainerListener {
  /** A call ended, well or not: its caller may be told. */
  default void ended(String requestId) {}

  /**
   * A pass was computed.
   *
   * @param tokens of all examples
   * @param loss the sum
   */
  default void passed(String label, int examples, long tokens, double loss, long nanos) {}

  /** An optimizer step was taken. */
  default void stepped(String model, long step, double norm, boolean noisy) {}

  /**
   * A private step was charged to a data set.
   *
   * @param epsilon that is spent of it now
   */
  default void spent(String tenant, String dataSet, double epsilon) {}

  /** A call failed. */
  default void failed(String label, String code) {}
}
