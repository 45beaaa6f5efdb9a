package dev.tensafe.server.metrics;

import dev.tensafe.batching.engine.StepListener;
import dev.tensafe.batching.engine.StepReport;
import dev.tensafe.runtime.metrics.Families;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * What /metrics shows of the engine's steps: how long they take and what the time goes on, how many
 * sequences and tokens run in one. Told by the engine's thread.
 */
final class StepMetrics implements StepListener {
  private static final double[] SECONDS = {
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10
  };
  private static final double[] SIZES = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};

  private final Timer duration;
  private final Map<StepReport.Phase, Counter> phases = new EnumMap<>(StepReport.Phase.class);
  private final DistributionSummary sequences;
  private final DistributionSummary tokens;
  private final DistributionSummary iteration;
  private final DraftMetrics drafts;

  StepMetrics(Families families, String model) {
    duration = families.times(ServerFamilies.STEP, SECONDS, model);
    for (StepReport.Phase phase : StepReport.Phase.values()) {
      phases.put(
          phase,
          families.counter(ServerFamilies.PHASE, model, phase.name().toLowerCase(Locale.ROOT)));
    }
    sequences = families.sizes(ServerFamilies.STEP_SEQUENCES, SIZES, model);
    tokens = families.sizes(ServerFamilies.STEP_TOKENS, SIZES, model);
    iteration =
        families.sizes(
            VllmFamilies.ITERATION_TOKENS, VllmMetrics.ITERATION, model, VllmMetrics.ENGINE);
    drafts = new DraftMetrics(families, model);
  }

  @Override
  public void onStep(StepReport report) {
    duration.record(Duration.ofNanos(report.totalNanos()));
    phases.forEach((phase, counter) -> counter.increment(report.nanos(phase) / 1e9));
    sequences.record(report.sequences());
    tokens.record(report.tokens());
    iteration.record(report.tokens());
    drafts.add(report.drafts());
  }
}
