package dev.tensafe.tracing;

import java.util.List;
import java.util.Optional;

/**
 * What an adapter host evaluates for one step of a model host, as a span in the model host's trace,
 * in another process or in this one. Sums over the step's messages; used by one thread at a time.
 * docs/TRACES.md.
 */
public final class EvaluationSpan {
  private final TraceSpan span;
  private long messages;
  private long tokens;
  private long nanos;
  private long bytesIn;
  private long bytesOut;

  private EvaluationSpan(TraceSpan span) {
    this.span = span;
  }

  /**
   * Begins one.
   *
   * @param traceId 32 hexadecimal digits, of the model host's choice
   * @param spanId 16 hexadecimal digits
   * @param digest of the adapter
   * @return empty if it is not recorded
   */
  public static Optional<EvaluationSpan> begin(
      Tracing tracing, String traceId, String spanId, String digest) {
    TraceSpan span =
        tracing.begin(
            "he evaluate",
            SpanKind.SERVER,
            new TraceParent(traceId, spanId, true, ""),
            List.of(),
            System.nanoTime());
    return span.recorded()
        ? Optional.of(new EvaluationSpan(span.set("tensafe.adapter.digest", digest)))
        : Optional.empty();
  }

  /**
   * A message was answered.
   *
   * @param count rows of tokens in it
   * @param took nanoseconds
   * @param in bytes received
   * @param out bytes sent
   */
  public void evaluated(int count, long took, long in, long out) {
    messages++;
    tokens += count;
    nanos += took;
    bytesIn += in;
    bytesOut += out;
  }

  /** A message was refused, for a reason with a name. */
  public void refused(String reason) {
    span.fail(reason);
  }

  /** The step is over. */
  public void end() {
    span.set("tensafe.he.messages", messages)
        .set("tensafe.he.token_rows", tokens)
        .set("tensafe.he.bytes_in", bytesIn)
        .set("tensafe.he.bytes_out", bytesOut)
        .set("tensafe.he.evaluate_seconds", nanos / 1e9);
    span.end(System.nanoTime());
  }
}
