package dev.tensafe.server.trace;

import dev.tensafe.batching.engine.StepListener;
import dev.tensafe.batching.engine.StepReport;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.tracing.SpanKind;
import dev.tensafe.tracing.TraceParent;
import dev.tensafe.tracing.TraceSpan;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Steps of the engine as spans, each in a trace of its own that links to the recorded requests of
 * its batch: a step has many parents. Not every step: those of recorded requests, and of them at
 * most {@value #PER_SECOND} in a second. As a hook it only looks at whose rows a step has. Confined
 * to the engine's thread.
 */
public final class StepTraces implements ForwardHook, StepListener {
  static final int PER_SECOND = 10;
  private static final long INTERVAL_NANOS = 1_000_000_000L / PER_SECOND;
  private static final int MAX_LINKS = 32;

  private final RequestTraces requests;
  private final List<TraceParent> links = new ArrayList<>();
  private int linked;
  private boolean any;
  private long lastNanos;

  public StepTraces(RequestTraces requests) {
    this.requests = requests;
  }

  @Override
  public boolean start(StepRows rows) {
    links.clear();
    linked = 0;
    if (requests.any() && due()) {
      for (int sequence = 0; sequence < rows.sequences(); sequence++) {
        RequestTrace trace = requests.find(rows.requestId(sequence));
        TraceParent place = trace == null ? null : trace.span().place();
        if (place != null && !links.contains(place)) {
          linked++;
          if (links.size() < MAX_LINKS) {
            links.add(place);
          }
        }
      }
    }
    return false;
  }

  private boolean due() {
    return !any || requests.ticker().nanos() - lastNanos >= INTERVAL_NANOS;
  }

  @Override
  public void begin(ProjectionGroup group, RowMatrix x, StepRows rows) {}

  @Override
  public void finish(Projection projection, RowMatrix y, StepRows rows) {}

  @Override
  public void onStep(StepReport report) {
    if (links.isEmpty()) {
      return;
    }
    any = true;
    long now = requests.ticker().nanos();
    lastNanos = now;
    long start = now - report.totalNanos();
    TraceSpan span = requests.tracing().begin("engine step", SpanKind.INTERNAL, null, links, start);
    links.clear();
    if (!span.recorded()) {
      return;
    }
    span.set("tensafe.step.sequences", report.sequences())
        .set("tensafe.step.tokens", report.tokens())
        .set("tensafe.step.recorded_requests", linked);
    for (StepReport.Phase phase : StepReport.Phase.values()) {
      span.set(
          "tensafe.step." + phase.name().toLowerCase(Locale.ROOT) + "_seconds",
          report.nanos(phase) / 1e9);
    }
    span.end(now);
  }
}
