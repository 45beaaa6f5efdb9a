package dev.tensafe.batching.schedule;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Virtual token counters (Sheng et al., "Fairness in Serving Large Language Models", OSDI 2024,
 * algorithm 2): how much service each of several flows has had, or each tenant. One is active while
 * it has unfinished sequences. One that becomes active is lifted to the least counter of the active
 * ones, so that being idle earns nothing. What is counted here is nanoseconds of measured steps.
 * Confined to one thread.
 */
public final class FlowCounters {
  /** Idle flows remembered at most; beyond it what they owe is forgotten. */
  static final int MAX_IDLE = 4096;

  private final Map<String, Flow> flows = new HashMap<>();
  private int activeFlows;
  private double lastServed;

  private static final class Flow {
    double served;
    double promised;
    int sequences;

    double total() {
      return served + promised;
    }
  }

  /** A sequence of the flow is there. */
  public void arrive(String name) {
    Flow flow = flows.computeIfAbsent(name, n -> new Flow());
    if (flow.sequences++ == 0) {
      OptionalDouble least =
          flows.values().stream()
              .filter(f -> f.sequences > 0 && f != flow)
              .mapToDouble(f -> f.served)
              .min();
      flow.served = Math.max(flow.served, least.orElse(lastServed));
      activeFlows++;
    }
  }

  /** Adds to what a flow was served; nothing if it was forgotten meanwhile. */
  public void charge(String name, double service) {
    Flow flow = flows.get(name);
    if (flow != null) {
      flow.served += service;
      if (flow.sequences == 0) {
        lastServed = Math.max(lastServed, flow.served);
      }
    }
  }

  /** Adds to what an active flow is going to be served; less than nothing takes it back. */
  public void promise(String name, double service) {
    active(name).promised += service;
  }

  /**
   * Limits what an active flow has to come: one that gets all it asks for saves nothing up.
   *
   * @param most how far behind the one that was served most
   */
  public void limitCredit(String name, double most) {
    double top =
        flows.values().stream()
            .filter(f -> f.sequences > 0)
            .mapToDouble(f -> f.served)
            .max()
            .orElse(0);
    Flow flow = active(name);
    flow.served = Math.max(flow.served, top - most);
  }

  /** A sequence of the flow has ended. */
  public void leave(String name) {
    Flow flow = active(name);
    if (--flow.sequences == 0) {
      activeFlows--;
      flow.promised = 0;
      lastServed = flow.served;
      if (flows.size() - activeFlows > MAX_IDLE) {
        flows.values().removeIf(f -> f.sequences == 0);
      }
    }
  }

  boolean isActive(String name) {
    Flow flow = flows.get(name);
    return flow != null && flow.sequences > 0;
  }

  /** Whether nobody is active. */
  boolean idle() {
    return activeFlows == 0;
  }

  /** What an active flow was served, with what it is promised. */
  public double served(String name) {
    return active(name).total();
  }

  private Flow active(String name) {
    Flow flow = flows.get(name);
    if (flow == null || flow.sequences == 0) {
      throw new IllegalStateException("the flow is not active");
    }
    return flow;
  }
}
