package dev.tensafe.training.run;

import java.util.List;
import java.util.function.Consumer;

/** Several listeners as one. */
public final class Listeners implements RunListener {
  private final List<RunListener> all;

  public Listeners(List<RunListener> all) {
    this.all = List.copyOf(all);
  }

  private void each(Consumer<RunListener> call) {
    all.forEach(call);
  }

  @Override
  public void started(int first, int steps, long trained, int examples, int heldOut) {
    each(l -> l.started(first, steps, trained, examples, heldOut));
  }

  @Override
  public void step(int step, double loss, double rate, double norm, long tokens, long skipped) {
    each(l -> l.step(step, loss, rate, norm, tokens, skipped));
  }

  @Override
  public void validated(int step, double loss) {
    each(l -> l.validated(step, loss));
  }

  @Override
  public void sampled(int step, String prompt, String text) {
    each(l -> l.sampled(step, prompt, text));
  }

  @Override
  public void saved(int step) {
    each(l -> l.saved(step));
  }

  @Override
  public void warned(String message) {
    each(l -> l.warned(message));
  }
}
