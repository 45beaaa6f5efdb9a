package dev.tensafe.tracing;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Begins traces, or goes on with those of others. Thread-safe. */
public interface Tracing extends AutoCloseable {
  /** Records nothing, and costs nothing. */
  Tracing OFF =
      new Tracing() {
        @Override
        public boolean on() {
          return false;
        }

        @Override
        public TraceSpan begin(
            String name,
            SpanKind kind,
            @Nullable TraceParent parent,
            List<TraceParent> links,
            long startNanos) {
          return TraceSpan.unrecorded(parent);
        }

        @Override
        public void close() {}
      };

  /** Whether anything may be recorded. */
  boolean on();

  /**
   * Begins a span of which no other in this process is the parent. Whether it and its children are
   * recorded is decided here.
   *
   * @param parent from elsewhere; null for a new trace
   * @param links spans of other traces that it has to do with
   * @param startNanos on {@link System#nanoTime}'s scale
   */
  TraceSpan begin(
      String name,
      SpanKind kind,
      @Nullable TraceParent parent,
      List<TraceParent> links,
      long startNanos);

  /** Exports what is left, for as long as that may take, and stops. */
  @Override
  void close();
}
