package dev.tensafe.server.trace;

import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.tracing.SpanKind;
import dev.tensafe.tracing.TraceParent;
import dev.tensafe.tracing.TraceSpan;
import dev.tensafe.tracing.Tracing;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The traces of a server's requests, and which of them are under way: so that steps of the engine,
 * which know requests by name, find the spans they belong to. Thread-safe.
 */
public final class RequestTraces {
  private final Tracing tracing;
  private final Ticker ticker;
  private final Map<String, RequestTrace> active = new ConcurrentHashMap<>();

  /**
   * @param tracing closed by its owner
   */
  public RequestTraces(Tracing tracing, Ticker ticker) {
    this.tracing = tracing;
    this.ticker = ticker;
  }

  /** None are recorded. */
  public static RequestTraces off() {
    return new RequestTraces(Tracing.OFF, Ticker.system());
  }

  /** Whether any may be recorded. */
  public boolean on() {
    return tracing.on();
  }

  /**
   * Begins the trace of a request, or goes on with its client's.
   *
   * @param route the path as the router knows it
   * @param requestId of its answer's header; a second request of a name that is under way has no
   *     steps in its trace
   * @param parent of its headers
   */
  public RequestTrace begin(String route, String requestId, Optional<TraceParent> parent) {
    if (!tracing.on() && parent.isEmpty()) {
      return RequestTrace.NONE;
    }
    String operation = operation(route);
    TraceSpan span =
        tracing.begin(operation, SpanKind.SERVER, parent.orElse(null), List.of(), ticker.nanos());
    if (!span.recorded()) {
      return new RequestTrace(span, operation, ticker, () -> {});
    }
    span.set("http.request.method", "POST")
        .set("http.route", route)
        .set("tensafe.request.id", requestId);
    if (!operation.equals("upload_adapter")) {
      span.set("gen_ai.operation.name", operation).set("gen_ai.provider.name", "tensafe");
    }
    RequestTrace trace = new RequestTrace(span, operation, ticker, () -> forget(requestId, span));
    active.putIfAbsent(requestId, trace);
    return trace;
  }

  private void forget(String requestId, TraceSpan span) {
    active.computeIfPresent(requestId, (id, trace) -> trace.span() == span ? null : trace);
  }

  private static String operation(String route) {
    return switch (route) {
      case "/v1/adapters" -> "upload_adapter";
      case "/v1/completions" -> "text_completion";
      default -> "chat";
    };
  }

  /** The recorded request of a name that is under way; null if there is none. */
  @Nullable RequestTrace find(String requestId) {
    return active.isEmpty() ? null : active.get(requestId);
  }

  /** Whether a recorded request is under way. */
  boolean any() {
    return !active.isEmpty();
  }

  Tracing tracing() {
    return tracing;
  }

  Ticker ticker() {
    return ticker;
  }
}
