package dev.tensafe.training.run;

/** The learning rate of each step: it rises in a line, then falls. Pure. */
public final class Schedule {
  private final Spec spec;
  private final int steps;

  /** The shape of the rate after the warm-up. */
  public enum Shape {
    /** Half a cosine (Loshchilov and Hutter, arXiv:1608.03983). */
    COSINE,
    LINEAR,
    CONSTANT
  }

  /**
   * @param peak the rate at the end of the warm-up
   * @param floor the share of it that is left at the end
   */
  public record Spec(double peak, int warmUpSteps, Shape shape, double floor) {}

  /**
   * @param steps of the whole run
   */
  public Schedule(Spec spec, int steps) {
    this.spec = spec;
    this.steps = steps;
  }

  /** The rate of a step, counted from 0. */
  public double rate(int step) {
    if (step < spec.warmUpSteps()) {
      return spec.peak() * (step + 1) / spec.warmUpSteps();
    }
    double length = Math.max(1, steps - spec.warmUpSteps());
    double done = Math.min(1, (step - spec.warmUpSteps()) / length);
    double left =
        switch (spec.shape()) {
          case COSINE -> (1 + Math.cos(Math.PI * done)) / 2;
          case LINEAR -> 1 - done;
          case CONSTANT -> 1;
        };
    double floor = spec.shape() == Shape.CONSTANT ? 0 : spec.floor();
    return spec.peak() * (floor + (1 - floor) * left);
  }
}
