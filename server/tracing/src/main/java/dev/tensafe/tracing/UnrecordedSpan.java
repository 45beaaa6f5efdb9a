package dev.tensafe.tracing;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A span that nobody records. */
record UnrecordedSpan(@Nullable TraceParent place) implements TraceSpan {
  static final UnrecordedSpan NOWHERE = new UnrecordedSpan(null);

  @Override
  public boolean recorded() {
    return false;
  }

  @Override
  public TraceSpan child(String name, SpanKind kind, List<TraceParent> links, long startNanos) {
    return this;
  }

  @Override
  public void rename(String name) {}

  @Override
  public TraceSpan set(String key, String value) {
    return this;
  }

  @Override
  public TraceSpan set(String key, long value) {
    return this;
  }

  @Override
  public TraceSpan set(String key, double value) {
    return this;
  }

  @Override
  public TraceSpan set(String key, List<String> values) {
    return this;
  }

  @Override
  public void fail(String code) {}

  @Override
  public void end(long nanos) {}
}
