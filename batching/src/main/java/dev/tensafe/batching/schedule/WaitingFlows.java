package dev.tensafe.batching.schedule;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Waiting sequences in the order of their admission: between flows by service, within a flow in the
 * order given. For the length of one plan.
 */
final class WaitingFlows {
  /** Virtual tokens a level of priority is worth among flows. */
  static final int TOKENS_PER_LEVEL = 64;

  /** Levels that count among flows, to either side. */
  static final int MAX_LEVEL = 16;

  private final Map<String, Deque<SequenceState>> flows = new LinkedHashMap<>();
  private final Map<String, Double> admitted = new HashMap<>();
  private final Map<String, Double> admittedOfTenant = new HashMap<>();
  private final Shares shares;

  /**
   * @param ranked best first
   */
  WaitingFlows(List<SequenceState> ranked, Shares shares) {
    this.shares = shares;
    ranked.forEach(s -> flows.computeIfAbsent(s.flow(), f -> new ArrayDeque<>()).add(s));
  }

  /** Virtual tokens that a sequence's priority counts among others; bounded. */
  private static double levels(SequenceState s) {
    int level = Math.max(-MAX_LEVEL, Math.min(MAX_LEVEL, s.priority()));
    return (double) level * TOKENS_PER_LEVEL;
  }

  /** Where a sequence stands among those of its tenant's flows; smaller is earlier. */
  private static double flowKey(SequenceState s, Shares shares) {
    return shares.served(s.flow()) + levels(s);
  }

  /** Where a sequence stands among those of all tenants; smaller is earlier. */
  private static double tenantKey(SequenceState s, Shares shares) {
    return shares.tenantServed(Shares.tenant(s.flow())) + levels(s);
  }

  /**
   * Virtual tokens that one sequence is ahead of another of another flow: its tenant, or within one
   * tenant its flow.
   */
  static double lead(SequenceState s, SequenceState other, Shares shares) {
    return Shares.tenant(s.flow()).equals(Shares.tenant(other.flow()))
        ? flowKey(s, shares) - flowKey(other, shares)
        : tenantKey(s, shares) - tenantKey(other, shares);
  }

  boolean isEmpty() {
    return flows.isEmpty();
  }

  /** The sequence to be admitted next: of the tenant served least, of its flow served least. */
  SequenceState first() {
    Map<String, SequenceState> ofTenant = new LinkedHashMap<>();
    for (Deque<SequenceState> flow : flows.values()) {
      ofTenant.merge(
          Shares.tenant(flow.getFirst().flow()), flow.getFirst(), (a, b) -> least(a, b, true));
    }
    return ofTenant.values().stream().reduce((a, b) -> least(a, b, false)).orElseThrow();
  }

  private SequenceState least(SequenceState a, SequenceState b, boolean withinTenant) {
    Comparator<SequenceState> byService =
        withinTenant
            ? Comparator.comparingDouble(
                s -> flowKey(s, shares) + admitted.getOrDefault(s.flow(), 0.0))
            : Comparator.comparingDouble(
                s ->
                    tenantKey(s, shares)
                        + admittedOfTenant.getOrDefault(Shares.tenant(s.flow()), 0.0));
    return byService.thenComparingLong(SequenceState::arrival).compare(a, b) <= 0 ? a : b;
  }

  /**
   * Removes what {@link #first} gave and charges its flow, for the rest of this plan.
   *
   * @param s what {@link #first} gave, with what of it is computed already
   */
  void admitted(SequenceState s) {
    remove(s);
    if (s.fresh()) {
      double promised = s.pending() * shares.promptToken(s.flow());
      admitted.merge(s.flow(), promised, Double::sum);
      admittedOfTenant.merge(Shares.tenant(s.flow()), promised, Double::sum);
    }
  }

  /** Leaves what {@link #first} gave out of this plan; those after it may go before it. */
  void postponed(SequenceState s) {
    remove(s);
  }

  private void remove(SequenceState s) {
    Deque<SequenceState> flow = flows.get(s.flow());
    if (flow == null) {
      throw new IllegalStateException("a flow without sequences");
    }
    flow.removeFirst();
    if (flow.isEmpty()) {
      flows.remove(s.flow());
    }
  }
}
