package dev.tensafe.server.http;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import java.util.Set;
import java.util.TreeSet;

/** The routes of a running server, read from its router. */
public final class RegisteredRoutes {
  private RegisteredRoutes() {}

  /**
   * Every method and path, as an OpenAPI document writes them: {@code GET /v1/models/{id}}.
   *
   * @throws IllegalStateException for a route with a path that takes every method
   */
  public static Set<String> of(InferenceServer server) {
    Set<String> out = new TreeSet<>();
    for (Route route : ((Router) server.handler()).getRoutes()) {
      String path = route.isRegexPath() ? route.getName() : route.getPath();
      if (path == null && route.methods() == null) {
        // what is done for every request, and the answer to unknown ones
        continue;
      }
      if (path == null || route.methods() == null) {
        throw new IllegalStateException("a route without path or method: " + route);
      }
      String template =
          path.replaceAll("\\(\\?<(\\w+)>[^)]*\\)", "{$1}").replaceAll(":(\\w+)", "{$1}");
      route.methods().stream()
          // comes with GET
          .filter(method -> !method.equals(HttpMethod.HEAD))
          .forEach(method -> out.add(method + " " + template));
    }
    return out;
  }
}
