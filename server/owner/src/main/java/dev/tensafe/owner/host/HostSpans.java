package dev.tensafe.owner.host;

import dev.tensafe.he.host.HostTracer;
import dev.tensafe.tracing.SpanKind;
import dev.tensafe.tracing.TraceParent;
import dev.tensafe.tracing.TraceSpan;
import dev.tensafe.tracing.Tracing;
import java.util.List;

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
    TraceSpan span =
        tracing.begin(
            "he evaluate",
            SpanKind.SERVER,
            new TraceParent(traceId, spanId, true, ""),
            List.of(),
            System.nanoTime());
    return span.recorded()
        ? new Evaluations(span.set("tensafe.adapter.digest", digest))
        : Step.NONE;
  }

  /** Sums of a step's messages. */
  private static final class Evaluations implements Step {
    private final TraceSpan span;
    private long messages;
    private long tokens;
    private long nanos;
    private long bytesIn;
    private long bytesOut;

    Evaluations(TraceSpan span) {
      this.span = span;
    }

    @Override
    public void evaluated(int count, long took, long in, long out) {
      messages++;
      tokens += count;
      nanos += took;
      bytesIn += in;
      bytesOut += out;
    }

    @Override
    public void refused(String reason) {
      span.fail(reason);
    }

    @Override
    public void end() {
      span.set("tensafe.he.messages", messages)
          .set("tensafe.he.token_rows", tokens)
          .set("tensafe.he.bytes_in", bytesIn)
          .set("tensafe.he.bytes_out", bytesOut)
          .set("tensafe.he.evaluate_seconds", nanos / 1e9);
      span.end(System.nanoTime());
    }
  }
}
