package dev.tensafe.batching.schedule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a step costs, learnt from the times that steps took: a sum over {@link CostKind}s of amount
 * times cost. Given the same observations it gives the same costs; it reads no clock.
 *
 * <ul>
 *   <li><b>Before it knows.</b> The first {@value #FIRST} steps only fit the scale of the costs it
 *       starts with: by the median, so that a slow first step does not matter.
 *   <li><b>From then on</b>: least squares of the relative error over all steps, each weighing
 *       1/{@value #MEMORY} less with every one that follows. One round of coordinate descent after
 *       a step starts from the costs before it, so that what the steps do not tell apart, or have
 *       not shown for long, stays as it was.
 *   <li><b>Outliers.</b> A step counts as at most {@value #BELIEVED} times as long as expected, and
 *       at least that part of it: a machine that slept is forgotten, one that became slower is
 *       believed after some steps: from the second in a row on, what was learnt before counts half.
 *   <li>A cost is positive, and at most doubles or halves with a step.
 * </ul>
 *
 * Confined to one thread.
 */
public final class LearntCosts {
  private static final int FIRST = 16;
  private static final int MEMORY = 256;
  private static final int BELIEVED = 3;
  private static final int ROUNDS = 4;

  /** Below this part of what it started with a cost may grow faster than by doubling. */
  private static final double LEAST = 0.01;

  /** Tokens of the prompt that a virtual token is a part of. */
  private static final int UNIT_PROMPT = 256;

  private final int kinds = CostKind.values().length;
  private final double[] costs = new double[kinds];
  private final double[] first = new double[kinds];
  private final double[][] products = new double[kinds][kinds];
  private final double[] targets = new double[kinds];
  private final List<double[]> seen = new ArrayList<>();
  private final double[] scales = new double[FIRST];
  private double token;
  private int steps;
  private int surprises;

  /** Knows nothing yet; a row of a prompt is taken to cost 0.1 ms. */
  public LearntCosts() {
    scale(1e5);
  }

  private void scale(double nanos) {
    for (CostKind kind : CostKind.values()) {
      first[kind.index] = kind.prior * nanos;
      costs[kind.index] = kind.prior * nanos;
    }
    priceToken();
  }

  /** Nanoseconds that one of a kind costs. */
  public double cost(CostKind kind) {
    return costs[kind.index];
  }

  /**
   * Nanoseconds that a step costs.
   *
   * @param amounts of each kind
   */
  public double nanos(double[] amounts) {
    return sum(costs, amounts);
  }

  /**
   * Nanoseconds of one <em>virtual token</em>: a token of a base model's prompt of {@value
   * #UNIT_PROMPT} tokens that runs alone.
   */
  public double tokenNanos() {
    return token;
  }

  private void priceToken() {
    double[] amounts = CostKind.none();
    amounts[CostKind.STEP.index] = 1;
    amounts[CostKind.PROMPT_ROW.index] = UNIT_PROMPT - 1;
    amounts[CostKind.OUTPUT_ROW.index] = 1;
    amounts[CostKind.CONTEXT.index] = UNIT_PROMPT * (UNIT_PROMPT / 2.0) / 1024;
    token = nanos(amounts) / UNIT_PROMPT;
  }

  /**
   * Learns from a step.
   *
   * @param amounts of each kind; not changed afterwards
   * @param nanos how long it took
   * @return how long it is believed to have taken
   */
  public double observe(double[] amounts, double nanos) {
    if (nanos <= 0) {
      return nanos(amounts); // a clock that is too coarse tells nothing
    }
    if (steps < FIRST) {
      seen.add(amounts);
      scales[steps++] = Math.max(1, nanos) / sum(CostKind.values(), amounts);
      double[] sorted = Arrays.copyOf(scales, steps);
      Arrays.sort(sorted);
      scale(sorted[(steps - 1) / 2]);
      if (steps == FIRST) {
        begin();
      }
      return believed(nanos, nanos(amounts));
    }
    double expected = nanos(amounts);
    double believed = believed(nanos, expected);
    surprises = believed == nanos ? 0 : surprises + 1;
    if (surprises > 1) {
      forget(0.5);
    }
    add(amounts, believed, expected);
    solve();
    return believed;
  }

  private static double believed(double nanos, double expected) {
    return Math.max(expected / BELIEVED, Math.min(expected * BELIEVED, nanos));
  }

  /** What it started with counts as one step each, and what it has seen is learnt from. */
  private void begin() {
    for (int i = 0; i < kinds; i++) {
      double[] one = new double[kinds];
      one[i] = 1;
      add(one, costs[i], costs[i]);
    }
    for (int i = 0; i < FIRST; i++) {
      double[] amounts = seen.get(i);
      double expected = sum(first, amounts);
      double took = scales[i] * sum(CostKind.values(), amounts);
      add(amounts, believed(took, expected), expected);
    }
    seen.clear();
    solve();
  }

  private void add(double[] amounts, double nanos, double expected) {
    forget(1.0 / MEMORY);
    double most = Math.max(expected, nanos);
    double weight = 1 / (most * most);
    for (int i = 0; i < kinds; i++) {
      for (int j = 0; j < kinds; j++) {
        products[i][j] += amounts[i] * amounts[j] * weight;
      }
      targets[i] += amounts[i] * nanos * weight;
    }
  }

  private void forget(double part) {
    for (int i = 0; i < kinds; i++) {
      for (int j = 0; j < kinds; j++) {
        products[i][j] *= 1 - part;
      }
      targets[i] *= 1 - part;
    }
  }

  private void solve() {
    double[] least = new double[kinds];
    double[] most = new double[kinds];
    for (int i = 0; i < kinds; i++) {
      least[i] = costs[i] / 2;
      most[i] = Math.max(costs[i] * 2, first[i] * LEAST);
    }
    for (int round = 0; round < ROUNDS; round++) {
      for (int i = 0; i < kinds; i++) {
        if (products[i][i] > 0) {
          double better = costs[i] + (targets[i] - sum(products[i], costs)) / products[i][i];
          costs[i] = Math.max(least[i], Math.min(most[i], better));
        }
      }
    }
    priceToken();
  }

  private static double sum(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double sum(CostKind[] kinds, double[] amounts) {
    double sum = 0;
    for (CostKind kind : kinds) {
      sum += kind.prior * amounts[kind.index];
    }
    return sum;
  }
}
