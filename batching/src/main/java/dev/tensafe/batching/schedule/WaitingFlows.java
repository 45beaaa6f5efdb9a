package dev.tensafe.batching.schedule;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

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
  private final Map<String, Long> admitted = new LinkedHashMap<>();
  private final ToLongFunction<String> served;

  /**
   * @param ranked best first
   */
  WaitingFlows(List<SequenceState> ranked, ToLongFunction<String> served) {
    this.served = served;
    ranked.forEach(s -> flows.computeIfAbsent(s.flow(), f -> new ArrayDeque<>()).add(s));
  }

  /** Where a sequence stands among those of all flows; smaller is earlier. */
  static long key(SequenceState s, ToLongFunction<String> served) {
    int level = Math.max(-MAX_LEVEL, Math.min(MAX_LEVEL, s.priority()));
    return served.applyAsLong(s.flow()) + (long) level * TOKENS_PER_LEVEL;
  }

  boolean isEmpty() {
    return flows.isEmpty();
  }

  /** The sequence to be admitted next. */
  SequenceState first() {
    return flows.values().stream()
        .map(Deque::getFirst)
        .min(
            Comparator.<SequenceState>comparingLong(
                    s -> key(s, served) + admitted.getOrDefault(s.flow(), 0L))
                .thenComparingLong(SequenceState::arrival))
        .orElseThrow();
  }

  /**
   * Removes what {@link #first} gave and charges its flow, for the rest of this plan.
   *
   * @param s what {@link #first} gave, with what of it is computed already
   */
  void admitted(SequenceState s) {
    remove(s);
    admitted.merge(s.flow(), s.admissionCharge(), Long::sum);
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
