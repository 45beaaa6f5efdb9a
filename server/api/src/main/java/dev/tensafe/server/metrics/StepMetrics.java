package dev.tensafe.server.metrics;

import dev.tensafe.batching.engine.StepListener;
import dev.tensafe.batching.engine.StepReport;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;
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
  private final DraftMetrics drafts;

  StepMetrics(MeterRegistry registry, String model) {
    duration =
        Timer.builder("tensafe_engine_step")
            .tag("model_name", model)
            .serviceLevelObjectives(
                Arrays.stream(SECONDS)
                    .mapToObj(seconds -> Duration.ofNanos(Math.round(seconds * 1e9)))
                    .toArray(Duration[]::new))
            .register(registry);
    for (StepReport.Phase phase : StepReport.Phase.values()) {
      phases.put(
          phase,
          Counter.builder("tensafe_engine_phase_seconds")
              .tag("model_name", model)
              .tag("phase", phase.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
    sequences = sizes(registry, "tensafe_engine_step_sequences", model);
    tokens = sizes(registry, "tensafe_engine_step_tokens", model);
    drafts = new DraftMetrics(registry, model);
  }

  private static DistributionSummary sizes(MeterRegistry registry, String name, String model) {
    return DistributionSummary.builder(name)
        .tag("model_name", model)
        .serviceLevelObjectives(SIZES)
        .register(registry);
  }

  @Override
  public void onStep(StepReport report) {
    duration.record(Duration.ofNanos(report.totalNanos()));
    phases.forEach((phase, counter) -> counter.increment(report.nanos(phase) / 1e9));
    sequences.record(report.sequences());
    tokens.record(report.tokens());
    drafts.add(report.drafts());
  }
}
