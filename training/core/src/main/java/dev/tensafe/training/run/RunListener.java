package dev.tensafe.training.run;

/** Hears what happens in a run, on the run's thread. */
public interface RunListener {
  /**
   * Called before the first step.
   *
   * @param first the step it begins with; more than 0 when it goes on from a checkpoint
   * @param trained numbers that are trained
   */
  default void started(int first, int steps, long trained, int examples, int heldOut) {}

  /**
   * One optimizer step.
   *
   * @param step steps done with it
   * @param loss mean negative log-likelihood of its scored tokens, in nats; NaN if all of its
   *     micro-batches were skipped
   * @param norm of the gradients before clipping
   * @param tokens read in this step
   * @param skipped micro-batches skipped in the whole run
   */
  default void step(int step, double loss, double rate, double norm, long tokens, long skipped) {}

  /** The mean loss over the held-out examples. */
  default void validated(int step, double loss) {}

  /** Called with the model's continuation of a prompt. */
  default void sampled(int step, String prompt, String text) {}

  default void saved(int step) {}

  default void warned(String message) {}
}
