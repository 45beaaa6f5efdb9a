package dev.tensafe.server.http;

import dev.tensafe.runtime.log.LogFields;
import io.vertx.core.AsyncResult;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What log lines say of a request: its fields, and at level {@code debug} a line when it is
 * answered. Its path is not in it, as a client may write anything there, only the route. Stateless.
 */
final class AccessLog {
  private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);
  private static final String KEY = "log-fields";
  private static final Set<HttpMethod> METHODS =
      Set.of(
          HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST, HttpMethod.DELETE, HttpMethod.OPTIONS);

  private AccessLog() {}

  /** Begins to remember what is learned of a request that has its name. */
  static void begin(RoutingContext routing, String requestId) {
    LogFields fields = new LogFields();
    fields.requestId(requestId);
    routing.put(KEY, fields);
    if (LOG.isDebugEnabled()) {
      long start = System.nanoTime();
      routing.addEndHandler(done -> answered(routing, fields, start, done));
    }
    try (LogFields.Entered entered = fields.enter()) {
      routing.next();
    }
  }

  private static void answered(
      RoutingContext routing, LogFields fields, long start, AsyncResult<Void> done) {
    HttpMethod method = routing.request().method();
    try (LogFields.Entered entered = fields.enter()) {
      LOG.debug(
          "{} {} {} in {} ms{}",
          METHODS.contains(method) ? method : "another method",
          route(routing),
          routing.response().getStatusCode(),
          (System.nanoTime() - start) / 1_000_000,
          done.failed() ? ", broken off" : "");
    }
  }

  /** The route as it was written, without what a client put into its variables. */
  private static String route(RoutingContext routing) {
    var route = routing.currentRoute();
    String path = route == null ? null : route.getPath();
    return path == null ? "another path" : path;
  }

  /** The fields of a request; those of none where it was refused before it had a name. */
  static LogFields of(RoutingContext routing) {
    @Nullable LogFields fields = routing.get(KEY);
    return fields == null ? new LogFields() : fields;
  }
}
