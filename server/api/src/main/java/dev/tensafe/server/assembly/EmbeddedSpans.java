package dev.tensafe.server.assembly;

import dev.tensafe.he.host.HostTracer;
import dev.tensafe.tracing.EvaluationSpan;
import dev.tensafe.tracing.Tracing;

/**
 * What an embedded adapter host does for a step, as the span that one elsewhere would make.
 * docs/TRACES.md.
 */
final class EmbeddedSpans implements HostTracer {
  private final Tracing tracing;

  private EmbeddedSpans(Tracing tracing) {
    this.tracing = tracing;
  }

  /** One that goes on with the server's traces if there are any. */
  static HostTracer of(Tracing tracing) {
    return tracing.on() ? new EmbeddedSpans(tracing) : NONE;
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
