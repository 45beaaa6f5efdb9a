package dev.tensafe.runtime.metrics;

import io.prometheus.metrics.tracer.common.SpanContext;
import org.jspecify.annotations.Nullable;

/** Which trace the calling thread's observations belong to. Thread-safe. */
public final class ExemplarScope implements SpanContext {
  private final ThreadLocal<ExemplarTrace> current =
      ThreadLocal.withInitial(() -> ExemplarTrace.NONE);

  /** Has observations of {@code work} belong to a trace. */
  public void during(ExemplarTrace trace, Runnable work) {
    if (!trace.sampled()) {
      work.run();
      return;
    }
    ExemplarTrace before = current.get();
    current.set(trace);
    try {
      work.run();
    } finally {
      current.set(before);
    }
  }

  @Override
  public @Nullable String getCurrentTraceId() {
    String id = current.get().traceId();
    return id.isEmpty() ? null : id;
  }

  @Override
  public @Nullable String getCurrentSpanId() {
    String id = current.get().spanId();
    return id.isEmpty() ? null : id;
  }

  @Override
  public boolean isCurrentSpanSampled() {
    return current.get().sampled();
  }

  @Override
  public void markCurrentSpanAsExemplar() {}
}
