package dev.tensafe.tracing.otel;

import dev.tensafe.tracing.SpanKind;
import dev.tensafe.tracing.TraceParent;
import dev.tensafe.tracing.TraceSpan;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A span that is recorded. */
final class OtelSpan implements TraceSpan {
  private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

  private final OtelTracing tracing;
  private final Span span;
  private final Anchor anchor;

  OtelSpan(OtelTracing tracing, Span span, Anchor anchor) {
    this.tracing = tracing;
    this.span = span;
    this.anchor = anchor;
  }

  @Override
  public boolean recorded() {
    return true;
  }

  @Override
  public @Nullable TraceParent place() {
    return OtelTracing.place(span.getSpanContext());
  }

  @Override
  public TraceSpan child(String name, SpanKind kind, List<TraceParent> links, long startNanos) {
    Context parent = Context.root().with(span);
    return new OtelSpan(
        tracing, tracing.start(name, kind, parent, links, anchor.epoch(startNanos)), anchor);
  }

  @Override
  public void rename(String name) {
    span.updateName(name);
  }

  @Override
  public TraceSpan set(String key, String value) {
    span.setAttribute(key, value);
    return this;
  }

  @Override
  public TraceSpan set(String key, long value) {
    span.setAttribute(key, value);
    return this;
  }

  @Override
  public TraceSpan set(String key, double value) {
    span.setAttribute(key, value);
    return this;
  }

  @Override
  public TraceSpan set(String key, List<String> values) {
    span.setAttribute(AttributeKey.stringArrayKey(key), values);
    return this;
  }

  @Override
  public void fail(String code) {
    span.setAttribute(ERROR_TYPE, code);
    span.setStatus(StatusCode.ERROR);
  }

  @Override
  public void end(long nanos) {
    span.end(anchor.epoch(nanos), TimeUnit.NANOSECONDS);
  }
}
