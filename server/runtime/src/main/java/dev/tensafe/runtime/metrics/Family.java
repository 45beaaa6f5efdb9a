package dev.tensafe.runtime.metrics;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A family of metrics, as it is shown: what its name is, what it says, and by which labels.
 *
 * @param name as it is queried; of a histogram without {@code _bucket}, {@code _sum} and {@code
 *     _count}
 * @param help one sentence
 * @param labels names, without the histogram's {@code le}
 */
public record Family(String name, Kind kind, String help, List<String> labels) {
  private static final String TOTAL = "_total";

  /** What kind of numbers a family has. */
  public enum Kind {
    /** It only grows, from 0 at the start of the process. */
    COUNTER,
    /** The value now. */
    GAUGE,
    /** How many observations were at most as large as each bound. */
    HISTOGRAM,
    /** How many observations there were, and their sum. */
    SUMMARY;

    /** As in {@code # TYPE}. */
    public String label() {
      return switch (this) {
        case COUNTER -> "counter";
        case GAUGE -> "gauge";
        case HISTOGRAM -> "histogram";
        case SUMMARY -> "summary";
      };
    }
  }

  public Family {
    requireNonNull(kind, "kind is null");
    labels = List.copyOf(labels);
    if (kind == Kind.COUNTER && !name.endsWith(TOTAL)) {
      throw new IllegalArgumentException("a counter's name ends with " + TOTAL + ": " + name);
    }
    if (help.isBlank()) {
      throw new IllegalArgumentException("nothing says what " + name + " is");
    }
  }

  /** A family of counters, whose name ends with {@code _total}. */
  public static Family counter(String name, String help, String... labels) {
    return new Family(name, Kind.COUNTER, help, List.of(labels));
  }

  /** A family of gauges. */
  public static Family gauge(String name, String help, String... labels) {
    return new Family(name, Kind.GAUGE, help, List.of(labels));
  }

  /** A family of histograms. */
  public static Family histogram(String name, String help, String... labels) {
    return new Family(name, Kind.HISTOGRAM, help, List.of(labels));
  }

  /** A family of counts with sums. */
  public static Family summary(String name, String help, String... labels) {
    return new Family(name, Kind.SUMMARY, help, List.of(labels));
  }

  /** The name under which it is registered: that of a counter has no ending there. */
  String registered() {
    return kind == Kind.COUNTER ? name.substring(0, name.length() - TOTAL.length()) : name;
  }
}
