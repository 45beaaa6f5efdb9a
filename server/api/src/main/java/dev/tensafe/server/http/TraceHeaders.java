package dev.tensafe.server.http;

import dev.tensafe.server.trace.RequestTrace;
import dev.tensafe.server.trace.RequestTraces;
import dev.tensafe.tracing.TraceParent;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/**
 * Goes on with the trace that a request's headers name, and says in the answer's {@code
 * traceparent} which span it is. docs/TRACES.md. Stateless.
 */
final class TraceHeaders {
  static final String HEADER = "traceparent";

  private static final String STATE = "tracestate";
  private static final String KEY = "trace";

  private TraceHeaders() {}

  /** Begins the trace of a request whose key was accepted. */
  static void begin(RoutingContext routing, RequestTraces traces, String route) {
    HttpServerRequest request = routing.request();
    var parent = TraceParent.of(request.headers().getAll(HEADER), request.headers().getAll(STATE));
    RequestTrace trace = traces.begin(route, RequestIds.of(routing), parent);
    if (trace != RequestTrace.NONE) {
      routing.put(KEY, trace);
      AccessLog.of(routing).traceId(trace.traceId());
      trace.header().ifPresent(value -> routing.response().putHeader(HEADER, value));
      routing.addEndHandler(done -> trace.end(routing.response().getStatusCode(), done.failed()));
    }
    routing.next();
  }

  /** The trace of a request; one that does nothing where its route has none. */
  static RequestTrace of(RoutingContext routing) {
    @Nullable RequestTrace trace = routing.get(KEY);
    return trace == null ? RequestTrace.NONE : trace;
  }
}
