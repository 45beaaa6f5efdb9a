package dev.tensafe.server.http;

import io.vertx.ext.web.RoutingContext;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names every request, in its answer's {@code X-Request-Id} and towards the engine's hooks. A
 * client may choose the name with the same header; one that is not of the form {@code
 * [A-Za-z0-9._:-]{1,128}} is replaced by a random one, as is none at all.
 */
final class RequestIds {
  static final String HEADER = "X-Request-Id";

  private static final String KEY = "request-id";
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9._:-]{1,128}");

  private RequestIds() {}

  /** Names a request, before anything else is done with it. */
  static void assign(RoutingContext routing) {
    String id = of(routing.request().getHeader(HEADER));
    routing.put(KEY, id);
    routing.response().putHeader(HEADER, id);
    AccessLog.begin(routing, id);
  }

  private static String of(@Nullable String asked) {
    return asked != null && FORM.matcher(asked).matches() ? asked : UUID.randomUUID().toString();
  }

  /** The name of a request that was {@link #assign assigned} one. */
  static String of(RoutingContext routing) {
    String id = find(routing);
    if (id == null) {
      throw new IllegalStateException("the request has no id");
    }
    return id;
  }

  /** The name of a request; null where it was refused before it got one. */
  static @Nullable String find(RoutingContext routing) {
    return routing.get(KEY);
  }
}
