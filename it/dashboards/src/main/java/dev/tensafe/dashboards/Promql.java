package dev.tensafe.dashboards;

/**
 * Pieces of PromQL over the series that a dashboard's variables select.
 *
 * @param selector matchers without braces
 */
record Promql(String selector) {
  /** As long as Grafana finds right for the interval of scrapes. */
  private static final String WINDOW = "[$__rate_interval]";

  /** A metric with the dashboard's matchers and further ones. */
  String of(String metric, String... more) {
    StringBuilder matchers = new StringBuilder(selector);
    for (String matcher : more) {
      matchers.append(matchers.isEmpty() ? "" : ", ").append(matcher);
    }
    return metric + "{" + matchers + "}";
  }

  private static String by(String labels) {
    return labels.isEmpty() ? "" : " by (" + labels + ") ";
  }

  /** The sum of gauges. */
  String sum(String labels, String metric, String... more) {
    return "sum" + by(labels) + "(" + of(metric, more) + ")";
  }

  /** The largest of gauges. */
  String max(String labels, String metric, String... more) {
    return "max" + by(labels) + "(" + of(metric, more) + ")";
  }

  /** What counters grow by in a second. */
  String rate(String labels, String metric, String... more) {
    return "sum" + by(labels) + "(rate(" + of(metric, more) + WINDOW + "))";
  }

  /** How much one rate is of another; nothing while the second is 0. */
  String ratio(String labels, String part, String whole, String... more) {
    return rate(labels, part, more) + " / (" + rate(labels, whole, more) + " > 0)";
  }

  /** The mean of a histogram's or summary's observations. */
  String mean(String labels, String histogram, String... more) {
    return ratio(labels, histogram + "_sum", histogram + "_count", more);
  }

  /** A quantile of a histogram's observations. */
  String quantile(double q, String labels, String histogram, String... more) {
    String all = labels.isEmpty() ? "le" : "le, " + labels;
    return "histogram_quantile(" + q + ", " + rate(all, histogram + "_bucket", more) + ")";
  }

  /** The part of observations that are larger than a bucket's bound. */
  String above(String bound, String labels, String histogram, String... more) {
    String[] within = new String[more.length + 1];
    System.arraycopy(more, 0, within, 0, more.length);
    within[more.length] = "le=\"" + bound + "\"";
    return "1 - "
        + rate(labels, histogram + "_bucket", within)
        + " / ("
        + rate(labels, histogram + "_count", more)
        + " > 0)";
  }
}
