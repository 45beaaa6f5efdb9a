package dev.tensafe.batching.schedule;

import dev.tensafe.model.exec.AdapterLoad;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * What a step computes and for whom, and how its time is divided among them. What is there once for
 * several is divided evenly: a step among its tenants, then among the flows of each; an adapter's
 * weights and messages by rows. Used once, by one thread.
 */
public final class StepWork {
  private final List<Run> runs = new ArrayList<>();

  /**
   * A sequence's share of a step.
   *
   * @param adapter its number; {@link dev.tensafe.model.exec.SequenceInput#BASE} for none
   * @param start position of the first row
   * @param rows tokens that run, drafts included
   * @param outputRows of these, with logits
   * @param fresh part of the rows, 0 to 1, that were not computed before
   */
  public record Run(
      String flow,
      long adapter,
      AdapterLoad load,
      int start,
      int rows,
      int outputRows,
      double fresh) {
    boolean encrypted() {
      return load.kind() == AdapterLoad.Kind.ENCRYPTED;
    }

    private void addTo(double[] amounts) {
      amounts[CostKind.PROMPT_ROW.index] += rows - outputRows;
      amounts[CostKind.OUTPUT_ROW.index] += outputRows;
      amounts[CostKind.CONTEXT.index] += rows * (start + (rows + 1) / 2.0) / 1024;
      if (load.kind() == AdapterLoad.Kind.PLAIN) {
        amounts[CostKind.PLAIN_ROW.index] += rows * load.size();
      } else if (encrypted()) {
        amounts[CostKind.ENCRYPTED_ROW.index] += rows * load.size();
      }
    }

    /** What its adapter costs a step, however many rows it has. */
    private void addAdapterTo(double[] amounts) {
      if (load.kind() == AdapterLoad.Kind.PLAIN) {
        amounts[CostKind.PLAIN_ADAPTER.index] += load.size();
      } else if (encrypted()) {
        amounts[CostKind.ENCRYPTED_ADAPTER.index] += load.size();
      }
    }
  }

  /**
   * What a step cost someone.
   *
   * @param time of the step's, what it was for
   * @param alone what the same would have cost in a step without others
   */
  public record Bill(double time, double alone) {
    /** Of one who did not run. */
    static final Bill NOTHING = new Bill(0, 0);
  }

  /** Adds a sequence's share. */
  public void add(Run run) {
    runs.add(run);
  }

  boolean isEmpty() {
    return runs.isEmpty();
  }

  /** Amounts of each kind. */
  public double[] amounts() {
    double[] amounts = CostKind.none();
    Set<Long> adapters = new HashSet<>();
    for (Run run : runs) {
      run.addTo(amounts);
      if (adapters.add(run.adapter())) {
        run.addAdapterTo(amounts);
      }
      if (run.encrypted()) {
        amounts[CostKind.ENCRYPTED_STEP.index] = 1;
      }
    }
    amounts[CostKind.STEP.index] = runs.isEmpty() ? 0 : 1;
    return amounts;
  }

  /** Nanoseconds by tenant, as the model expects them; their times add up to the step's. */
  public Map<String, Bill> byTenant(LearntCosts model) {
    Map<String, Double> times = divide(model, run -> 1);
    Map<String, List<Run>> byTenant = new LinkedHashMap<>();
    runs.forEach(
        r -> byTenant.computeIfAbsent(Shares.tenant(r.flow()), t -> new ArrayList<>()).add(r));
    Map<String, Bill> bills = new LinkedHashMap<>();
    byTenant.forEach(
        (tenant, own) -> {
          StepWork alone = new StepWork();
          alone.runs.addAll(own);
          double time =
              own.stream()
                  .map(Run::flow)
                  .distinct()
                  .mapToDouble(f -> times.getOrDefault(f, 0.0))
                  .sum();
          bills.put(tenant, new Bill(time, model.nanos(alone.amounts())));
        });
    return bills;
  }

  /** Nanoseconds by flow for what was not computed before. */
  public Map<String, Double> freshByFlow(LearntCosts model) {
    return divide(model, Run::fresh);
  }

  private Map<String, Double> divide(LearntCosts model, ToDoubleFunction<Run> counted) {
    Map<Long, Integer> rowsOfAdapter = new HashMap<>();
    Map<String, Map<String, double[]>> rows = new LinkedHashMap<>();
    Map<String, Set<String>> encrypted = new HashMap<>();
    for (Run run : runs) {
      String tenant = Shares.tenant(run.flow());
      rowsOfAdapter.merge(run.adapter(), run.rows(), Integer::sum);
      double[] counts =
          rows.computeIfAbsent(tenant, t -> new LinkedHashMap<>())
              .computeIfAbsent(run.flow(), f -> new double[2]);
      counts[0] += run.rows() * counted.applyAsDouble(run);
      counts[1] += run.rows();
      if (run.encrypted()) {
        encrypted.computeIfAbsent(tenant, t -> new HashSet<>()).add(run.flow());
      }
    }
    Map<String, Double> out = new LinkedHashMap<>();
    for (Run run : runs) {
      double[] own = CostKind.none();
      run.addTo(own);
      double[] adapter = CostKind.none();
      run.addAdapterTo(adapter);
      double part = (double) run.rows() / rowsOfAdapter.getOrDefault(run.adapter(), run.rows());
      double nanos = model.nanos(own) + model.nanos(adapter) * part;
      out.merge(run.flow(), nanos * counted.applyAsDouble(run), Double::sum);
    }
    rows.forEach(
        (tenant, flows) -> {
          Set<String> secret = encrypted.getOrDefault(tenant, Set.of());
          flows.forEach(
              (flow, counts) -> {
                double shared = model.cost(CostKind.STEP) / rows.size() / flows.size();
                if (secret.contains(flow)) {
                  shared += model.cost(CostKind.ENCRYPTED_STEP) / encrypted.size() / secret.size();
                }
                out.merge(flow, shared * counts[0] / counts[1], Double::sum);
              });
        });
    return out;
  }
}
