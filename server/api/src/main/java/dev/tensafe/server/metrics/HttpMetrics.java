package dev.tensafe.server.metrics;

import dev.tensafe.runtime.metrics.Families;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Requests as the HTTP server sees them, under the names of the library that vLLM counts its own
 * with. Routes come as templates and methods from a list, so labels are bounded. Thread-safe.
 */
public final class HttpMetrics {
  /** The route of paths that there are not. */
  public static final String NO_ROUTE = "none";

  private static final double[] SECONDS = {0.1, 0.5, 1};
  private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "DELETE", "OPTIONS");

  /** What asks all the time and would hide the others. */
  private static final Set<String> LEFT_OUT = Set.of("/health", "/ready", "/metrics", "/version");

  private final Families families;
  private final Map<Key, Counter> requests = new ConcurrentHashMap<>();
  private final Map<Key, Timer> durations = new ConcurrentHashMap<>();

  private record Key(String method, String status, String route) {}

  /**
   * @param families the process's metrics
   */
  public HttpMetrics(Families families) {
    this.families = families;
  }

  /**
   * Counts an answer.
   *
   * @param route the template, {@value #NO_ROUTE} for none
   */
  public void answered(String method, String route, int status, long nanos) {
    if (LEFT_OUT.contains(route)) {
      return;
    }
    String known = METHODS.contains(method) ? method : "other";
    String group = status >= 100 && status < 600 ? status / 100 + "xx" : "other";
    requests
        .computeIfAbsent(
            new Key(known, group, route),
            k -> families.counter(VllmFamilies.HTTP_REQUESTS, known, group, route))
        .increment();
    durations
        .computeIfAbsent(
            new Key(known, "", route),
            k -> families.times(VllmFamilies.HTTP_DURATION, SECONDS, known, route))
        .record(Duration.ofNanos(nanos));
  }
}
