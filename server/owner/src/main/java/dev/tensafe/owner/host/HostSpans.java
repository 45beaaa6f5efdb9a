package dev.tensafe.owner.host;

import dev.tensafe.he.host.HostTracer;
import dev.tensafe.tracing.EvaluationSpan;
import dev.tensafe.tracing.Tracing;

/**
 * What an adapter host does for one step of a model host, as a span in the model host's trace. This
 * side's sampler decides whether it is recorded. docs/TRACES.md.
 */
public final class HostSpans implements HostTracer {
  private final Tracing tracing;

  private HostSpans(Tracing tracing) {
    this.tracing = tracing;
  }

  /** One that goes on with traces if they are exported here, and otherwise takes none. */
  public static HostTracer of(Tracing tracing) {
    return tracing.on() ? new HostSpans(tracing) : NONE;
  }

  @Override
  public Step begin(String traceId, String spanId, String digest) {
    return EvaluationSpan.begin(tracing, traceId, spanId, digest)
        .<Step>map(Evaluations::new)
        .orElse(Step.NONE);
  }

  private record Evaluations(EvaluationSpan span) implements Step {
    @Override
    public void evaluated(int count, long took, long in, long out) {
      span.evaluated(count, took, in, out);
    }

    @Override
    public void refused(String reason) {
      span.refused(reason);
    }

    @Override
    public void end() {
      span.end();
    }
  }
}
