package dev.tensafe.cli.top;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What a server did between two readings of its status; since its start where there is no earlier
 * one, or one of an earlier run. Immutable.
 */
final class StatusDifference {
  private final @Nullable JsonNode before;
  private final JsonNode now;

  StatusDifference(@Nullable JsonNode before, JsonNode now) {
    boolean same = before != null && uptime(before) < uptime(now);
    this.before = same ? before : null;
    this.now = now;
  }

  private static double uptime(JsonNode status) {
    return status.path("uptime_seconds").asDouble();
  }

  JsonNode now() {
    return now;
  }

  /** Whether it is all that happened since the start. */
  boolean sinceStart() {
    return before == null;
  }

  double seconds() {
    return uptime(now) - (before == null ? 0 : uptime(before));
  }

  /** How far a counter went. */
  double grown(String pointer) {
    return now.at(pointer).asDouble() - (before == null ? 0 : before.at(pointer).asDouble());
  }

  /** How far a counter went each second. */
  double rate(String pointer) {
    return seconds() > 0 ? grown(pointer) / seconds() : 0;
  }

  /** How far one counter went for each that another did; empty if that did not move. */
  OptionalDouble share(String of, String among) {
    double all = grown(among);
    return all > 0 ? OptionalDouble.of(grown(of) / all) : OptionalDouble.empty();
  }

  /**
   * A percentile of durations, in seconds; empty if there were none.
   *
   * @param field of {@code latency}
   * @param share 0 to 1
   */
  OptionalDouble percentile(String field, double share) {
    JsonNode bounds = now.at("/latency/bounds_seconds");
    JsonNode counts = now.at("/latency/" + field + "/counts");
    double[] each = new double[counts.size()];
    double all = 0;
    for (int i = 0; i < each.length; i++) {
      each[i] = grown("/latency/" + field + "/counts/" + i);
      all += each[i];
    }
    double below = 0;
    for (int i = 0; i < each.length; i++) {
      if (each[i] > 0 && below + each[i] >= share * all) {
        double high = bounds.get(Math.min(i, bounds.size() - 1)).asDouble();
        double low = i == 0 ? high / 2 : bounds.get(i - 1).asDouble();
        // the bounds grow by factors, so between two of them by the logarithm
        return OptionalDouble.of(low * Math.pow(high / low, (share * all - below) / each[i]));
      }
      below += each[i];
    }
    return OptionalDouble.empty();
  }
}
