package dev.tensafe.batching.schedule;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Virtual token counters (Sheng et al., "Fairness in Serving Large Language Models", OSDI 2024,
 * algorithm 2): how much service each flow has had. A flow is active while it has unfinished
 * sequences. One that becomes active is lifted to the least counter of the active ones, so that
 * being idle earns nothing. Confined to one thread.
 */
public final class FlowCounters {
  /** Cost of a prompt's token, charged when the sequence is first admitted. */
  public static final int PROMPT_TOKEN = 1;

  /** Cost of a generated token: it takes a step of its own. */
  public static final int OUTPUT_TOKEN = 2;

  /** Idle flows remembered at most; beyond it what they owe is forgotten. */
  private static final int MAX_IDLE = 4096;

  private final Map<String, Flow> flows = new HashMap<>();
  private int activeFlows;
  private long lastServed;

  private static final class Flow {
    long served;
    int sequences;
  }

  /** A sequence of the flow is there. */
  public void arrive(String name) {
    Flow flow = flows.computeIfAbsent(name, n -> new Flow());
    if (flow.sequences++ == 0) {
      OptionalLong least =
          flows.values().stream()
              .filter(f -> f.sequences > 0 && f != flow)
              .mapToLong(f -> f.served)
              .min();
      flow.served = Math.max(flow.served, least.orElse(lastServed));
      activeFlows++;
    }
  }

  /** Adds to what an active flow was served. */
  public void charge(String name, long tokens) {
    active(name).served += tokens;
  }

  /** A sequence of the flow has ended. */
  public void leave(String name) {
    Flow flow = active(name);
    if (--flow.sequences == 0) {
      activeFlows--;
      lastServed = flow.served;
      if (flows.size() - activeFlows > MAX_IDLE) {
        flows.values().removeIf(f -> f.sequences == 0);
      }
    }
  }

  /** Virtual tokens an active flow was served. */
  public long served(String name) {
    return active(name).served;
  }

  private Flow active(String name) {
    Flow flow = flows.get(name);
    if (flow == null || flow.sequences == 0) {
      throw new IllegalStateException("the flow is not active");
    }
    return flow;
  }
}
