package dev.tensafe.cli.training;

import static dev.tensafe.runtime.metrics.Family.counter;
import static dev.tensafe.runtime.metrics.Family.gauge;

import dev.tensafe.runtime.metrics.Exposition;
import dev.tensafe.runtime.metrics.Families;
import dev.tensafe.runtime.metrics.Family;
import dev.tensafe.runtime.metrics.ProcessMetrics;
import dev.tensafe.training.run.RunListener;
import io.micrometer.core.instrument.Counter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A run's numbers for a scrape. Written by the run's thread, read by any. */
public final class TrainingMetrics implements RunListener, AutoCloseable {
  private static final Family STEP = gauge("tensafe_train_step", "Steps that are done.");
  private static final Family STEPS = gauge("tensafe_train_steps", "Steps the run will have.");
  private static final Family LOSS =
      gauge("tensafe_train_loss", "Mean loss of the latest step, in nats per scored token.");
  private static final Family HELD_OUT =
      gauge(
          "tensafe_train_validation_loss",
          "Latest mean loss over the held-out examples, in nats per scored token.");
  private static final Family RATE =
      gauge("tensafe_train_learning_rate", "Learning rate of the latest step.");
  private static final Family NORM =
      gauge("tensafe_train_gradient_norm", "Norm of the latest gradients before clipping.");
  private static final Family TOKENS = counter("tensafe_train_tokens_total", "Tokens read.");
  private static final Family SKIPPED =
      gauge(
          "tensafe_train_skipped_batches",
          "Micro-batches of the run that were left out, as their loss was no finite number.");
  private static final Family SAVED =
      gauge("tensafe_train_saved_step", "The step of the newest checkpoint.");
  private static final Family PARAMETERS =
      gauge("tensafe_train_parameters", "Numbers that are trained.");
  private static final Family EXAMPLES =
      gauge("tensafe_train_examples", "Examples, trained on and held out.", "set");

  private final Families families = new Families();
  private final ProcessMetrics process = new ProcessMetrics(families);
  private final Counter tokens = families.counter(TOKENS);
  private volatile int step;
  private volatile int steps;
  private volatile long parameters;
  private volatile int examples;
  private volatile int heldOut;
  private volatile double loss = Double.NaN;
  private volatile double heldOutLoss = Double.NaN;
  private volatile double rate = Double.NaN;
  private volatile double norm = Double.NaN;
  private volatile long skipped;
  private volatile int saved;

  public TrainingMetrics() {
    families.gauge(STEP, this, m -> m.step);
    families.gauge(STEPS, this, m -> m.steps);
    families.gauge(LOSS, this, m -> m.loss);
    families.gauge(HELD_OUT, this, m -> m.heldOutLoss);
    families.gauge(RATE, this, m -> m.rate);
    families.gauge(NORM, this, m -> m.norm);
    families.gauge(SKIPPED, this, m -> (double) m.skipped);
    families.gauge(SAVED, this, m -> m.saved);
    families.gauge(PARAMETERS, this, m -> (double) m.parameters);
    families.gauge(EXAMPLES, this, m -> m.examples, "train");
    families.gauge(EXAMPLES, this, m -> m.heldOut, "held_out");
  }

  /** All that it shows, beside the process. */
  public static List<Family> all() {
    return List.of(
        STEP, STEPS, LOSS, HELD_OUT, RATE, NORM, TOKENS, SKIPPED, SAVED, PARAMETERS, EXAMPLES);
  }

  @Override
  public void started(int first, int all, long trained, int read, int left) {
    step = first;
    saved = first;
    steps = all;
    parameters = trained;
    examples = read;
    heldOut = left;
  }

  @Override
  public void step(int done, double of, double at, double size, long read, long left) {
    step = done;
    loss = of;
    rate = at;
    norm = size;
    skipped = left;
    tokens.increment((double) read);
  }

  @Override
  public void validated(int at, double of) {
    heldOutLoss = of;
  }

  @Override
  public void saved(int at) {
    saved = at;
  }

  /**
   * In the format that a client asks for.
   *
   * @param accept the header, null for none
   */
  Exposition scrape(@Nullable String accept) {
    return Exposition.of(families.snapshots(), accept);
  }

  @Override
  public void close() {
    process.close();
  }
}
