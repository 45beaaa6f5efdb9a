package dev.tensafe.tracing.otel;

import dev.tensafe.tracing.SpanKind;
import dev.tensafe.tracing.TraceParent;
import dev.tensafe.tracing.TraceSpan;
import dev.tensafe.tracing.Tracing;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Records with OpenTelemetry's SDK, whose sampler decides and whose bounded queue exports. */
final class OtelTracing implements Tracing {
  private static final long CLOSE_SECONDS = 5;

  private final OpenTelemetrySdk sdk;
  private final SpanLosses losses;
  private final Tracer tracer;
  private final InstantSource clock;

  /**
   * @param sdk closed with this
   * @param losses of its exporter
   */
  OtelTracing(OpenTelemetrySdk sdk, SpanLosses losses, String version, InstantSource clock) {
    this.sdk = sdk;
    this.losses = losses;
    this.tracer =
        sdk.getTracerProvider()
            .tracerBuilder("dev.tensafe")
            .setInstrumentationVersion(version)
            .build();
    this.clock = clock;
  }

  @Override
  public boolean on() {
    return true;
  }

  @Override
  public TraceSpan begin(
      String name,
      SpanKind kind,
      @Nullable TraceParent parent,
      List<TraceParent> links,
      long startNanos) {
    Anchor anchor = Anchor.now(clock);
    Context context = parent == null ? Context.root() : context(parent);
    Span span = start(name, kind, context, links, anchor.epoch(startNanos));
    return span.isRecording()
        ? new OtelSpan(this, span, anchor)
        : TraceSpan.unrecorded(place(span.getSpanContext()));
  }

  Span start(String name, SpanKind kind, Context parent, List<TraceParent> links, long epochNanos) {
    SpanBuilder builder =
        tracer
            .spanBuilder(name)
            .setParent(parent)
            .setSpanKind(kind(kind))
            .setStartTimestamp(epochNanos, TimeUnit.NANOSECONDS);
    for (TraceParent link : links) {
      builder.addLink(remote(link, TraceState.getDefault()));
    }
    return builder.startSpan();
  }

  private static io.opentelemetry.api.trace.SpanKind kind(SpanKind kind) {
    return switch (kind) {
      case SERVER -> io.opentelemetry.api.trace.SpanKind.SERVER;
      case CLIENT -> io.opentelemetry.api.trace.SpanKind.CLIENT;
      case INTERNAL -> io.opentelemetry.api.trace.SpanKind.INTERNAL;
    };
  }

  private static SpanContext remote(TraceParent place, TraceState state) {
    TraceFlags flags = place.sampled() ? TraceFlags.getSampled() : TraceFlags.getDefault();
    return SpanContext.createFromRemoteParent(place.traceId(), place.spanId(), flags, state);
  }

  /** The library reads {@code tracestate}, which a vendor's exporter or sampler may look at. */
  private static Context context(TraceParent parent) {
    return W3CTraceContextPropagator.getInstance()
        .extract(Context.root(), parent, Headers.INSTANCE);
  }

  static @Nullable TraceParent place(SpanContext context) {
    return context.isValid()
        ? new TraceParent(context.getTraceId(), context.getSpanId(), context.isSampled(), "")
        : null;
  }

  @Override
  public void close() {
    var unusedResult = sdk.shutdown().join(CLOSE_SECONDS, TimeUnit.SECONDS);
    losses.end();
  }

  private enum Headers implements TextMapGetter<TraceParent> {
    INSTANCE;

    @Override
    public @Nullable String get(@Nullable TraceParent from, String key) {
      if (from == null) {
        return null;
      }
      return switch (key) {
        case "traceparent" -> from.header();
        case "tracestate" -> from.state();
        default -> null;
      };
    }
  }
}
