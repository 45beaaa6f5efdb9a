package dev.tensafe.privacy;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The accountant by the distribution of the privacy loss: that of each step is laid on a grid so
 * that it is never too small, and convolved (Koskela, J&auml;lk&ouml; and Honkela, arXiv
 * 1906.03049; Gopi, Lee and Wutschitz, arXiv 2106.02848; see {@code LossMasses} and {@code
 * LossSum}). The larger of both directions counts. It is an upper bound, rounding included, if the
 * platform's elementary functions are right to some units in the last place; where it says less
 * than the bound by R&eacute;nyi divergences, as for more than some 1e9 steps, that one is
 * returned. Takes from milliseconds to seconds, up to some hundred megabytes. Immutable.
 */
public final class PrvAccountant implements Accountant {
  private static final double LEAST_DELTA = 1e-250;
  private static final double MOST_NEAR = 0.5;

  /** A result so much below what a sum was made for asks for another sum. */
  private static final double CLOSER = 0.8;

  private static final double MUCH_CLOSER = 1e-2;

  private final RdpAccountant renyi = new RdpAccountant();

  /** An accountant. */
  public PrvAccountant() {}

  @Override
  public String name() {
    return "PRV";
  }

  @Override
  public double epsilon(List<SampledGaussian> events, double delta) {
    double bound = renyi.epsilon(events, delta);
    return bound == 0 || delta < LEAST_DELTA
        ? bound
        : Math.min(bound, byLoss(events, delta, bound));
  }

  /** Without the other accountant's bound, which is only where to begin. */
  double byLoss(List<SampledGaussian> events, double delta, double bound) {
    List<SampledGaussian> kinds = kinds(events);
    double least = bound;
    double before;
    do {
      before = least;
      double removed = new LossSum(kinds, true, before, delta).epsilon(delta);
      double added = new LossSum(kinds, false, before, delta).epsilon(delta);
      least = Math.max(removed, added);
    } while (least < CLOSER * before);
    return least;
  }

  @Override
  public double delta(List<SampledGaussian> events, double epsilon) {
    double bound = renyi.delta(events, epsilon);
    return bound < LEAST_DELTA ? bound : Math.min(bound, byLossAt(events, epsilon, bound));
  }

  /** Without the other accountant's bound, which is only where to begin. */
  double byLossAt(List<SampledGaussian> events, double epsilon, double bound) {
    List<SampledGaussian> kinds = kinds(events);
    double least = bound;
    double before;
    do {
      before = least;
      double near = Math.max(LEAST_DELTA, Math.min(MOST_NEAR, before));
      double removed = new LossSum(kinds, true, epsilon, near).delta(epsilon);
      double added = new LossSum(kinds, false, epsilon, near).delta(epsilon);
      least = Math.max(removed, added);
    } while (least < MUCH_CLOSER * before && least > LEAST_DELTA);
    return least;
  }

  /** Steps of one kind together: each kind costs a transform. */
  private static List<SampledGaussian> kinds(List<SampledGaussian> events) {
    Map<SampledGaussian, Long> counts = new LinkedHashMap<>();
    for (SampledGaussian event : requireNonNull(events, "events is null")) {
      counts.merge(event.withSteps(1), event.steps(), Math::addExact);
    }
    List<SampledGaussian> kinds = new ArrayList<>();
    counts.forEach((kind, steps) -> kinds.add(kind.withSteps(steps)));
    return kinds;
  }
}
