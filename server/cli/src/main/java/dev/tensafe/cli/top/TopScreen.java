package dev.tensafe.cli.top;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** A status as lines of text, none longer than {@value #WIDTH} characters. Stateless. */
final class TopScreen {
  static final int WIDTH = 100;
  private static final int LEAST_NAME = 10;

  private TopScreen() {}

  /** The lines, at their full width. */
  static List<String> lines(StatusDifference difference, int most) {
    return lines(difference, most, WIDTH);
  }

  /**
   * The lines. Where there is less room than they take, names are shorter.
   *
   * @param most lines of each list
   * @param width that there is
   */
  static List<String> lines(StatusDifference difference, int most, int width) {
    int missing = Math.max(0, WIDTH - width);
    JsonNode now = difference.now();
    List<String> out = new ArrayList<>();
    out.add(
        line(
            "TenSafe %s  %s  %s  up %s%s",
            now.path("version").asText(),
            now.path("model").asText(),
            now.path("state").asText(),
            age(now.path("uptime_seconds").asDouble()),
            difference.sinceStart() ? "  (rates since start)" : ""));
    out.add("");
    out.add(
        line(
            "tokens/s   generated %-10s prompts %-10s from cache %s",
            number(difference.rate("/tokens/generated")),
            number(difference.rate("/tokens/prompt")),
            percent(difference.share("/cache/hit_tokens", "/cache/queried_tokens"))));
    out.add(
        line(
            "batch      running %s of %s  waiting %s (%s tokens)  outputs a step %s",
            now.at("/batch/running").asText(),
            now.at("/batch/max_running").asText(),
            now.at("/batch/waiting").asText(),
            now.at("/batch/queued_tokens").asText(),
            number(difference.share("/steps/sequences", "/steps/count").orElse(0))));
    out.add(
        line(
            "first      p50 %-10s p95 %-10s  next  p50 %-10s p95 %s",
            duration(difference.percentile("first_token", 0.5)),
            duration(difference.percentile("first_token", 0.95)),
            duration(difference.percentile("next_token", 0.5)),
            duration(difference.percentile("next_token", 0.95))));
    out.add(
        line(
            "cache      %s of %s blocks (%s)  preemptions %s",
            now.at("/cache/blocks_used").asText(),
            now.at("/cache/blocks_total").asText(),
            percent(
                OptionalDouble.of(
                    now.at("/cache/blocks_used").asDouble()
                        / now.at("/cache/blocks_total").asDouble())),
            now.at("/batch/preemptions").asText()));
    out.add(
        line(
            "outputs    complete %s  cancelled %s  failed %s  internal errors %s",
            now.at("/outputs/stop").asLong() + now.at("/outputs/length").asLong(),
            now.at("/outputs/cancelled").asText(),
            now.at("/outputs/failed").asText(),
            now.at("/batch/internal_errors").asText()));
    requests(out, now.path("requests"), most, shorter(36, missing));
    adapters(out, now.path("adapters").path("data"), most, missing);
    hosts(out, now.path("adapter_hosts").path("data"), most, shorter(44, missing));
    keys(out, now.path("api_keys").path("data"), most);
    return out;
  }

  private static void requests(List<String> out, JsonNode requests, int most, int id) {
    String row = "%-" + id + "s %-12s %-16s %-6s %-9s %7s %7s";
    head(out, row, "REQUEST", "KEY", "MODEL", "MODE", "STATE", "TOKENS", "AGE");
    int shown = 0;
    for (JsonNode r : requests.path("data")) {
      if (shown++ < most) {
        out.add(
            line(
                row,
                cut(r.path("id").asText(), id),
                cut(r.path("tenant").asText(), 12),
                cut(r.path("model").asText("-"), 16),
                r.path("mode").asText("-"),
                r.path("state").asText(),
                r.path("generated_tokens").asText(),
                age(r.path("age_seconds").asDouble())));
      }
    }
    rest(out, requests.path("open").asInt(), most);
  }

  private static void adapters(List<String> out, JsonNode adapters, int most, int missing) {
    if (adapters.isEmpty()) {
      return;
    }
    int name = shorter(24, missing / 2);
    int issuer = shorter(20, missing - missing / 2);
    String row = "%-" + name + "s %-8s %-6s %-12s %-" + issuer + "s %-12s %s";
    head(out, row, "ADAPTER", "VERSION", "MODE", "STATE", "ISSUER", "EXPIRES", "BUDGET");
    int shown = 0;
    for (JsonNode entry : adapters) {
      JsonNode a = entry.path("adapter");
      JsonNode budget = entry.path("budget");
      if (shown++ < most) {
        out.add(
            line(
                row,
                cut(a.path("id").asText(), name),
                a.path("version").asText(),
                a.path("mode").asText(),
                a.path("state").asText(),
                cut(entry.path("issuer").asText("-"), issuer),
                day(a.path("expires").asText("never")),
                budget.path("max_tokens_total").isNull()
                    ? "-"
                    : percent(
                        OptionalDouble.of(
                            budget.path("used_tokens").asDouble()
                                / Math.max(1, budget.path("max_tokens_total").asDouble())))));
      }
    }
    rest(out, adapters.size(), most);
  }

  private static void hosts(List<String> out, JsonNode hosts, int most, int address) {
    if (hosts.isEmpty()) {
      return;
    }
    String row = "%-" + address + "s %-11s %9s %9s %9s %10s";
    head(out, row, "ADAPTER HOST", "STATE", "SESSION", "ADAPTERS", "CHECKED", "OLDEST KEY");
    int shown = 0;
    for (JsonNode host : hosts) {
      if (shown++ < most) {
        out.add(
            line(
                row,
                cut(host.path("address").asText(), address),
                host.path("state").asText(),
                optionalAge(host.path("session_seconds")),
                host.path("adapters").asText(),
                host.path("answers_checked").asText(),
                optionalAge(host.path("oldest_key_seconds"))));
      }
    }
    rest(out, hosts.size(), most);
  }

  private static void keys(List<String> out, JsonNode keys, int most) {
    if (keys.isEmpty()) {
      return;
    }
    String row = "%-32s %10s %14s %14s";
    head(out, row, "API KEY", "REQUESTS", "PROMPT", "GENERATED");
    int shown = 0;
    for (JsonNode key : keys) {
      if (shown++ < most) {
        out.add(
            line(
                row,
                cut(key.path("name").asText(), 32),
                key.path("requests").asText(),
                key.path("prompt_tokens").asText(),
                key.path("generated_tokens").asText()));
      }
    }
    rest(out, keys.size(), most);
  }

  /** The width of a column of names that gives some of it away. */
  private static int shorter(int width, int missing) {
    return Math.max(LEAST_NAME, width - missing);
  }

  private static void head(List<String> out, String row, String... titles) {
    out.add("");
    out.add(line(row, (Object[]) titles));
  }

  private static void rest(List<String> out, int all, int most) {
    if (all > most) {
      out.add("… " + (all - most) + " more");
    }
  }

  private static String line(String format, Object... values) {
    // names come from others: nothing of them may move a cursor
    String text = String.format(Locale.ROOT, format, values).replaceAll("\\p{Cntrl}", "?");
    return cut(text.stripTrailing(), WIDTH);
  }

  private static String cut(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most - 1) + "…";
  }

  /** The day of an instant. */
  private static String day(String instant) {
    return instant.length() <= 10 ? instant : instant.substring(0, 10);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 100 ? "%.1f" : "%.0f", value);
  }

  private static String percent(OptionalDouble share) {
    return share.isEmpty() ? "-" : String.format(Locale.ROOT, "%.0f %%", 100 * share.getAsDouble());
  }

  private static String duration(OptionalDouble seconds) {
    if (seconds.isEmpty()) {
      return "-";
    }
    double value = seconds.getAsDouble();
    return value < 1
        ? String.format(Locale.ROOT, "%.1f ms", 1000 * value)
        : String.format(Locale.ROOT, "%.1f s", value);
  }

  private static String optionalAge(JsonNode seconds) {
    return seconds.isNull() ? "-" : age(seconds.asDouble());
  }

  private static String age(double seconds) {
    Duration age = Duration.ofSeconds((long) seconds);
    if (age.toHours() >= 48) {
      return age.toDays() + "d";
    }
    if (age.toMinutes() >= 60) {
      return age.toHours() + "h" + age.toMinutesPart() + "m";
    }
    return age.toSeconds() >= 60
        ? age.toMinutes() + "m" + age.toSecondsPart() + "s"
        : age.toSeconds() + "s";
  }
}
