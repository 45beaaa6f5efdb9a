package dev.tensafe.training.run;

import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A run for a person to watch: one line that is drawn over on a terminal, a line now and then
 * elsewhere. Loss and speed are means over the last steps.
 */
public final class ProgressBar implements RunListener {
  private static final int WIDTH = 24;
  private static final double SMOOTHING = 0.9;

  private final PrintWriter out;
  private final boolean terminal;
  private final Duration interval;
  private final InstantSource clock;
  private int first;
  private int steps;
  private double loss = Double.NaN;
  private long tokens;
  private Instant start;
  private @Nullable Instant drawn;
  private boolean open;

  /**
   * @param terminal whether {@code out} is one
   * @param interval shortest time between two drawings
   */
  public ProgressBar(PrintWriter out, boolean terminal, Duration interval, InstantSource clock) {
    this.out = out;
    this.terminal = terminal;
    this.interval = interval;
    this.clock = clock;
    this.start = clock.instant();
  }

  @Override
  public void started(int firstStep, int allSteps, long trained, int examples, int heldOut) {
    first = firstStep;
    steps = allSteps;
    start = clock.instant();
    tokens = 0;
    loss = Double.NaN;
    drawn = null;
    line(
        (firstStep > 0 ? "going on from step " + firstStep + ": " : "")
            + allSteps
            + " steps, "
            + trained
            + " trained numbers, "
            + examples
            + " examples, "
            + heldOut
            + " held out");
  }

  @Override
  public void step(
      int step, double stepLoss, double rate, double norm, long stepTokens, long skipped) {
    if (Double.isFinite(stepLoss)) {
      loss = Double.isNaN(loss) ? stepLoss : SMOOTHING * loss + (1 - SMOOTHING) * stepLoss;
    }
    tokens += stepTokens;
    Instant now = clock.instant();
    Instant last = drawn;
    if (last != null && step < steps && Duration.between(last, now).compareTo(interval) < 0) {
      return;
    }
    drawn = now;
    draw(step, skipped, Duration.between(start, now));
  }

  private void draw(int step, long skipped, Duration elapsed) {
    double seconds = Math.max(1e-3, elapsed.toMillis() / 1e3);
    int filled = (int) ((long) WIDTH * step / Math.max(1, steps));
    long left = Math.round(seconds / Math.max(1, step - first) * (steps - step));
    String text =
        String.format(
            Locale.ROOT,
            "[%s%s] %d/%d  loss %.4f  %.0f tokens/s  %s left%s",
            "#".repeat(filled),
            "-".repeat(WIDTH - filled),
            step,
            steps,
            loss,
            tokens / seconds,
            clockTime(left),
            skipped > 0 ? "  " + skipped + " skipped" : "");
    if (terminal) {
      out.print("\r\033[K" + text);
      open = step < steps;
      if (!open) {
        out.println();
      }
    } else {
      out.println(text);
    }
    out.flush();
  }

  private static String clockTime(long seconds) {
    return seconds >= 3600
        ? String.format(
            Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60)
        : String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
  }

  @Override
  public void validated(int step, double heldOutLoss) {
    line(
        String.format(
            Locale.ROOT,
            "step %d: held-out loss %.4f, perplexity %.2f",
            step,
            heldOutLoss,
            Math.exp(heldOutLoss)));
  }

  @Override
  public void sampled(int step, String prompt, String text) {
    line("step " + step + ": " + oneLine(prompt) + " -> " + oneLine(text));
  }

  @Override
  public void saved(int step) {
    line("step " + step + ": checkpoint saved");
  }

  @Override
  public void warned(String message) {
    line("warning: " + message);
  }

  /** Removes what could draw on the terminal from a model's text. */
  private static String oneLine(String text) {
    return text.replaceAll("\\p{Cntrl}+", " ").strip();
  }

  private void line(String text) {
    if (open) {
      out.print("\r\033[K");
      open = false;
    }
    out.println(text);
    out.flush();
  }
}
