package dev.tensafe.privacy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a run spent of a data set's privacy, and all runs on it together, for people and programs.
 * It names every event that epsilon was computed from, so that an auditor can compute it again with
 * software of another make, and it says what epsilon does not cover. Immutable.
 */
public final class PrivacyReport {
  /** What nobody should read into an epsilon. */
  static final List<String> NOT_COVERED =
      List.of(
          "validation loss, and any other measure of the data that is shown and was computed"
              + " without noise",
          "per-step losses, log-probabilities and gradient norms that are returned to the client:"
              + " they are exact",
          "the choice of hyper-parameters by looking at results of several runs, unless each of"
              + " them is in this record",
          "how long steps take, and how many examples a step had, for who can watch them",
          "an example that is in the data set more than once, or people who have several examples:"
              + " one example is what is protected",
          "the same examples under the name of another data set",
          "the finite precision of the noise, a relative error of some 1e-10");

  private static final String MECHANISM =
      "sum of per-example gradients, each clipped, plus Gaussian noise (DP-SGD); released after"
          + " every step";
  private static final String ADJACENCY = "one example added or removed";

  private final DataSetId dataSet;
  private final PrivateRun run;
  private final SpentBudget spent;
  private final Optional<PrivacyBudget> budget;
  private final List<SampledGaussian> events;
  private final List<OpenSteps> open;
  private final Epsilons ofRun;
  private final Epsilons ofAll;

  private record Epsilons(double rdp, double prv) {}

  private PrivacyReport(
      DataSetId dataSet, PrivateRun run, SpentBudget spent, Optional<PrivacyBudget> budget) {
    this.dataSet = dataSet;
    this.run = run;
    this.spent = spent;
    this.budget = budget;
    events =
        spent.runs().stream()
            .filter(steps -> steps.run().equals(run.run()))
            .map(RunSteps::event)
            .toList();
    open = spent.notPrivate().stream().filter(steps -> steps.run().equals(run.run())).toList();
    ofRun = epsilons(events);
    ofAll = epsilons(spent.events());
  }

  /**
   * Reports on a run; computes both accountants' figures, which may take seconds.
   *
   * @param spent the data set's record, at the delta of the report
   * @param budget what was promised, if anything was
   * @throws PrivacyException {@code privacy.invalid} if the client chose the batches of a run whose
   *     steps are recorded with a rate below 1
   */
  public static PrivacyReport of(
      DataSetId dataSet, PrivateRun run, SpentBudget spent, Optional<PrivacyBudget> budget) {
    PrivacyReport report = new PrivacyReport(dataSet, run, spent, budget);
    if (run.batches() == BatchChoice.CLIENT_CHOSEN
        && report.events.stream().anyMatch(event -> event.rate() < 1)) {
      throw PrivacyException.invalid(
          "the client chose the batches of "
              + run.run()
              + ", yet its steps are recorded with a sampling rate below 1");
    }
    return report;
  }

  private Epsilons epsilons(List<SampledGaussian> of) {
    double delta = spent.delta();
    return new Epsilons(
        new RdpAccountant().epsilon(of, delta), new PrvAccountant().epsilon(of, delta));
  }

  /** Whether what the run released is private: no step of it without protection. */
  public boolean isPrivate() {
    return open.isEmpty();
  }

  /** Epsilon of the run's private steps by R&eacute;nyi divergences. */
  public double epsilonRdp() {
    return ofRun.rdp();
  }

  /** Epsilon of the run's private steps by the distribution of the privacy loss. */
  public double epsilonPrv() {
    return ofRun.prv();
  }

  /** The report as JSON. Where something is not private, its epsilon is null. */
  public ObjectNode json() {
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("format", "tensafe-privacy-report/v1");
    root.put("tenant", dataSet.tenant());
    root.put("data_set", dataSet.name());
    root.put("mechanism", MECHANISM);
    root.put("adjacency", ADJACENCY);
    root.put("sampling", run.batches().code());
    root.put("sampling_why", run.batches().why());
    root.put("max_grad_norm", run.maxGradNorm());
    root.put("delta", spent.delta());
    ObjectNode one = root.putObject("run");
    one.put("name", run.run());
    describe(one, events, open, ofRun);
    ObjectNode all = root.putObject("all_runs");
    describe(all, spent.events(), spent.notPrivate(), ofAll);
    ArrayNode runs = all.putArray("runs");
    for (RunSteps steps : spent.runs()) {
      event(runs.addObject().put("name", steps.run()), steps.event());
    }
    budget.ifPresent(
        promised ->
            root.putObject("budget")
                .put("epsilon", promised.epsilon())
                .put("delta", promised.delta()));
    root.putObject("ledger")
        .put("sequence", spent.mark().sequence())
        .put("digest", spent.mark().digest());
    ArrayNode notCovered = root.putArray("not_covered");
    NOT_COVERED.forEach(notCovered::add);
    return root;
  }

  private static void describe(
      ObjectNode node, List<SampledGaussian> events, List<OpenSteps> open, Epsilons epsilons) {
    node.put("private", open.isEmpty());
    ArrayNode list = node.putArray("events");
    events.forEach(e -> event(list.addObject(), e));
    ArrayNode unprotected = node.putArray("not_private");
    for (OpenSteps steps : open) {
      unprotected
          .addObject()
          .put("name", steps.run())
          .put("why", steps.why())
          .put("steps", steps.steps());
    }
    if (open.isEmpty()) {
      node.put("epsilon_rdp", epsilons.rdp());
      node.put("epsilon_prv", epsilons.prv());
    } else {
      node.putNull("epsilon_rdp");
      node.putNull("epsilon_prv");
    }
  }

  private static void event(ObjectNode node, SampledGaussian event) {
    node.put("rate", event.rate())
        .put("noise_multiplier", event.noiseMultiplier())
        .put("steps", event.steps());
  }

  /** The report for people. */
  public String text() {
    StringBuilder out = new StringBuilder();
    line(out, "Privacy of the run %s on the data set %s", run.run(), dataSet.name());
    line(out, "Method: %s.", MECHANISM);
    line(out, "Protected: %s.", ADJACENCY);
    line(out, "Clipping norm C: %s, over all trained parameters together.", run.maxGradNorm());
    line(out, "Sampling: %s.", run.batches().why());
    line(out, "");
    describe(out, "This run", events, open, ofRun);
    describe(out, "All runs on the data set", spent.events(), spent.notPrivate(), ofAll);
    budget.ifPresent(
        promised ->
            line(
                out,
                "Budget of the data set: epsilon %s at delta %s, by RDP.",
                promised.epsilon(),
                promised.delta()));
    line(out, "Ledger: line %d, %s.", spent.mark().sequence(), spent.mark().digest());
    line(out, "");
    line(out, "Epsilon does not cover:");
    NOT_COVERED.forEach(what -> line(out, "- %s", what));
    return out.toString();
  }

  private void describe(
      StringBuilder out,
      String what,
      List<SampledGaussian> of,
      List<OpenSteps> unprotected,
      Epsilons epsilons) {
    line(out, "%s:", what);
    for (SampledGaussian event : of) {
      line(
          out,
          "  %d steps, q = %s, sigma = %s",
          event.steps(),
          event.rate(),
          event.noiseMultiplier());
    }
    for (OpenSteps steps : unprotected) {
      line(out, "  %d steps of %s: not private: %s", steps.steps(), steps.run(), steps.why());
    }
    if (unprotected.isEmpty()) {
      line(
          out,
          "  epsilon %.6f (RDP), %.6f (PRV), at delta %s",
          epsilons.rdp(),
          epsilons.prv(),
          spent.delta());
    } else {
      line(out, "  NOT PRIVATE: no epsilon holds.");
    }
  }

  private static void line(StringBuilder out, String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
