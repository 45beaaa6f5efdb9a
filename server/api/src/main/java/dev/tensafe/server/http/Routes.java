package dev.tensafe.server.http;

import dev.tensafe.server.metrics.HttpMetrics;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Makes routes and remembers which methods a path takes. {@code HEAD} comes with {@code GET}. */
final class Routes {
  private final Router router;
  private final Map<Pattern, Set<String>> methods = new LinkedHashMap<>();
  private final Map<String, Pattern> templates = new LinkedHashMap<>();

  Routes(Router router) {
    this.router = router;
  }

  Route get(String path) {
    remember(path, HttpMethod.GET, HttpMethod.HEAD);
    return router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD);
  }

  /** A route for paths that match a regular expression. */
  Route getWithRegex(String regex) {
    Pattern pattern = Pattern.compile(regex);
    templates.putIfAbsent(regex.replaceAll("\\(\\?<(\\w+)>[^)]*\\)", "{$1}"), pattern);
    add(pattern, HttpMethod.GET, HttpMethod.HEAD);
    return router.routeWithRegex(regex).method(HttpMethod.GET).method(HttpMethod.HEAD);
  }

  Route post(String path) {
    remember(path, HttpMethod.POST);
    return router.post(path);
  }

  Route delete(String path) {
    remember(path, HttpMethod.DELETE);
    return router.delete(path);
  }

  /** The methods of a path, for {@code Allow}; empty if there is no such path. */
  String allowed(String path) {
    Set<String> out = new TreeSet<>();
    methods.forEach(
        (pattern, names) -> {
          if (pattern.matcher(path).matches()) {
            out.addAll(names);
          }
        });
    return String.join(", ", out);
  }

  /** The route of a path, as it is written above; {@link HttpMetrics#NO_ROUTE} for none. */
  String template(String path) {
    if (templates.containsKey(path) && path.indexOf('{') < 0) {
      return path;
    }
    for (Map.Entry<String, Pattern> route : templates.entrySet()) {
      if (route.getValue().matcher(path).matches()) {
        return route.getKey();
      }
    }
    return HttpMetrics.NO_ROUTE;
  }

  private void remember(String path, HttpMethod... taken) {
    Pattern pattern = Pattern.compile(path.replace(".", "\\.").replaceAll(":\\w+", "[^/]+") + "/?");
    templates.putIfAbsent(path.replaceAll(":(\\w+)", "{$1}"), pattern);
    add(pattern, taken);
  }

  private void add(Pattern pattern, HttpMethod... taken) {
    Set<String> names =
        methods.entrySet().stream()
            .filter(e -> e.getKey().pattern().equals(pattern.pattern()))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElseGet(
                () -> {
                  Set<String> fresh = new TreeSet<>();
                  methods.put(pattern, fresh);
                  return fresh;
                });
    for (HttpMethod method : taken) {
      names.add(method.name());
    }
  }
}
