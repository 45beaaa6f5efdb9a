package dev.tensafe.batching.schedule;

import dev.tensafe.batching.schedule.StepWork.Bill;
import dev.tensafe.model.exec.AdapterLoad;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The account of who was served what, from measured steps. Tenants first: {@link FlowCounters} of
 * tenants and, within each, of its flows decide about admission; {@link TenantClocks} about steps.
 * All count nanoseconds; a plan is told virtual tokens, at what these cost now. Confined to one
 * thread.
 */
public final class FairShares implements Shares {
  /** The quantum of the clocks is this part of the lead at which sequences give way. */
  private static final int QUANTA_PER_LEAD = 8;

  private final LearntCosts model;
  private final int lead;
  private final FlowCounters tenants = new FlowCounters();
  private final Map<String, FlowCounters> flows = new HashMap<>();
  private final Map<String, AdapterLoad> loads = new HashMap<>();
  private final TenantClocks clocks = new TenantClocks();

  /**
   * @param lead virtual tokens a flow may be ahead of one that waits, {@link
   *     SchedulerConfig#fairnessTokens}
   */
  public FairShares(LearntCosts model, int lead) {
    this.model = model;
    this.lead = lead;
  }

  private FlowCounters flowsOf(String flow) {
    return flows.computeIfAbsent(Shares.tenant(flow), t -> new FlowCounters());
  }

  /**
   * A sequence of a flow is there.
   *
   * @param load what the flow's adapter adds to a step
   */
  public void arrive(String flow, AdapterLoad load) {
    loads.put(flow, load);
    tenants.arrive(Shares.tenant(flow));
    flowsOf(flow).arrive(flow);
  }

  /** A sequence of a flow has ended; a promise to it was taken back. */
  public void leave(String flow) {
    FlowCounters own = flowsOf(flow);
    own.leave(flow);
    if (!own.isActive(flow)) {
      loads.remove(flow);
    }
    tenants.leave(Shares.tenant(flow));
    if (own.idle() && flows.size() > FlowCounters.MAX_IDLE) {
      flows.values().removeIf(FlowCounters::idle);
    }
  }

  /** Counts work of an active flow before it is done; less than nothing takes it back. */
  public void promise(String flow, double nanos) {
    tenants.promise(Shares.tenant(flow), nanos);
    flowsOf(flow).promise(flow, nanos);
  }

  /**
   * A step is over.
   *
   * @param nanos how long it took
   * @param now states at its end of all unfinished sequences
   * @param present tenants that had running sequences in it, paused ones included
   * @return nanoseconds by tenant
   */
  public Map<String, Double> settle(
      StepWork work, long nanos, List<SequenceState> now, Set<String> present) {
    if (work.isEmpty()) {
      return Map.of();
    }
    double[] amounts = work.amounts();
    Map<String, Bill> bills = work.byTenant(model);
    Map<String, Double> fresh = work.freshByFlow(model);
    double expected = model.nanos(amounts);
    double scale = model.observe(amounts, (double) nanos) / expected;
    bills.replaceAll((t, b) -> new Bill(b.time() * scale, b.alone() * scale));
    clocks.settle(present, bills);
    fresh.forEach(
        (flow, cost) -> {
          tenants.charge(Shares.tenant(flow), cost * scale);
          flowsOf(flow).charge(flow, cost * scale);
        });
    limitCredit(now);
    Map<String, Double> times = new HashMap<>();
    bills.forEach((tenant, bill) -> times.put(tenant, bill.time()));
    return times;
  }

  /** Who has nothing waiting gets all it asks for. */
  private void limitCredit(List<SequenceState> now) {
    double most = lead * model.tokenNanos();
    Set<String> active = new TreeSet<>();
    Set<String> waiting = new HashSet<>();
    for (SequenceState s : now) {
      active.add(s.flow());
      if (!s.running()) {
        waiting.add(s.flow());
        waiting.add(Shares.tenant(s.flow()));
      }
    }
    for (String flow : active) {
      String tenant = Shares.tenant(flow);
      if (!waiting.contains(tenant)) {
        tenants.limitCredit(tenant, most);
      }
      if (!waiting.contains(flow)) {
        flowsOf(flow).limitCredit(flow, most);
      }
    }
  }

  @Override
  public double served(String flow) {
    return flowsOf(flow).served(flow) / model.tokenNanos();
  }

  @Override
  public double tenantServed(String tenant) {
    return tenants.served(tenant) / model.tokenNanos();
  }

  @Override
  public double promptToken(String flow) {
    return promptTokenNanos(flow) / model.tokenNanos();
  }

  /** Nanoseconds that a token of a flow's prompt costs, about. */
  public double promptTokenNanos(String flow) {
    AdapterLoad load = loads.getOrDefault(flow, AdapterLoad.BASE);
    double row = model.cost(CostKind.PROMPT_ROW);
    if (load.kind() == AdapterLoad.Kind.PLAIN) {
      row += load.size() * model.cost(CostKind.PLAIN_ROW);
    } else if (load.kind() == AdapterLoad.Kind.ENCRYPTED) {
      row += load.size() * model.cost(CostKind.ENCRYPTED_ROW);
    }
    return row;
  }

  @Override
  public Set<String> paused(Set<String> running) {
    return clocks.paused(running, lead * model.tokenNanos() / QUANTA_PER_LEAD);
  }
}
