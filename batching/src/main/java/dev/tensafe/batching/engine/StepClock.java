package dev.tensafe.batching.engine;

import dev.tensafe.batching.engine.StepReport.Phase;
import java.util.EnumMap;
import java.util.Map;

/** Measures what a step's time goes on: one phase at a time. Confined to the engine. */
final class StepClock {
  private final Ticker ticker;
  private final Map<Phase, Long> spent = new EnumMap<>(Phase.class);
  private Phase phase = Phase.SCHEDULE;
  private long since;

  StepClock(Ticker ticker) {
    this.ticker = ticker;
  }

  /** The ticker's time. */
  long now() {
    return ticker.nanos();
  }

  /** A step begins. */
  void begin() {
    spent.clear();
    phase = Phase.SCHEDULE;
    since = ticker.nanos();
  }

  /** Goes over to a phase; returns the one before, to go back to. */
  Phase enter(Phase next) {
    Phase before = phase;
    long now = ticker.nanos();
    spent.merge(before, now - since, Long::sum);
    phase = next;
    since = now;
    return before;
  }

  /** The time of a phase since {@link #begin}, without what goes on now. */
  long nanos(Phase asked) {
    return spent.getOrDefault(asked, 0L);
  }

  /** The time by phase since {@link #begin}. */
  Map<Phase, Long> read() {
    enter(phase);
    return spent;
  }
}
