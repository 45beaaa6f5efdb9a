package dev.tensafe.privacy;

import java.util.List;

/**
 * What the ledger says of a data set.
 *
 * @param mark the place in the record that this is of
 * @param delta the delta asked for
 * @param epsilon of all private steps together at that delta, by RDP
 * @param events all private steps, one entry for each kind
 * @param runs the same by run, in the order of their first steps; steps of no run, which a torn
 *     line stands for, have the name {@value BudgetRecord#NO_RUN}
 * @param notPrivate steps that nothing protects; with any, {@code epsilon} is not what the data
 *     set's examples have
 */
public record SpentBudget(
    LedgerMark mark,
    double delta,
    double epsilon,
    List<SampledGaussian> events,
    List<RunSteps> runs,
    List<OpenSteps> notPrivate) {
  public SpentBudget {
    events = List.copyOf(events);
    runs = List.copyOf(runs);
    notPrivate = List.copyOf(notPrivate);
  }

  /** Whether every step was private. */
  public boolean isPrivate() {
    return notPrivate.isEmpty();
  }
}
