package dev.tensafe.server.status;

import dev.tensafe.batching.engine.StepListener;
import dev.tensafe.batching.engine.StepReport;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/** Sums over the engine's steps since start. Told by the engine's thread, read by any. */
public final class StepCounts implements StepListener {
  private final LongAdder steps = new LongAdder();
  private final LongAdder sequences = new LongAdder();
  private final LongAdder tokens = new LongAdder();
  private final LongAdder guesses = new LongAdder();
  private final LongAdder rightGuesses = new LongAdder();
  private final Map<StepReport.Phase, LongAdder> nanos = new EnumMap<>(StepReport.Phase.class);

  StepCounts() {
    for (StepReport.Phase phase : StepReport.Phase.values()) {
      nanos.put(phase, new LongAdder());
    }
  }

  @Override
  public void onStep(StepReport report) {
    steps.increment();
    sequences.add(report.sequences());
    tokens.add(report.tokens());
    guesses.add(report.drafts().tokens());
    report.drafts().accepted().forEach(rightGuesses::add);
    nanos.forEach((phase, sum) -> sum.add(report.nanos(phase)));
  }

  public long steps() {
    return steps.sum();
  }

  /** A sequence counts once for every step that it runs in. */
  public long sequences() {
    return sequences.sum();
  }

  /** Tokens that ran: of prompts, generated ones, and guesses. */
  public long tokens() {
    return tokens.sum();
  }

  public long guesses() {
    return guesses.sum();
  }

  public long rightGuesses() {
    return rightGuesses.sum();
  }

  /** Seconds by phase. */
  public Map<String, Double> seconds() {
    Map<String, Double> out = new TreeMap<>();
    nanos.forEach((phase, sum) -> out.put(phase.name().toLowerCase(Locale.ROOT), sum.sum() / 1e9));
    return out;
  }
}
