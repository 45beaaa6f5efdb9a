package dev.tensafe.dashboards;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;

/**
 * One panel, before it has a place.
 *
 * @param unit Grafana's name of it
 * @param width of 24
 */
record Panel(
    Kind kind,
    String title,
    String description,
    String unit,
    int width,
    int height,
    List<Query> queries) {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** How it is drawn. */
  enum Kind {
    LINES("timeseries"),
    STACK("timeseries"),
    NUMBER("stat"),
    HEATMAP("heatmap"),
    TABLE("table");

    private final String type;

    Kind(String type) {
      this.type = type;
    }
  }

  /** Lines over time, a third of the width. */
  static Panel lines(String title, String unit, String description, Query... queries) {
    return new Panel(Kind.LINES, title, description, unit, 8, 8, Arrays.asList(queries));
  }

  /** Areas over time, one on the other. */
  static Panel stack(String title, String unit, String description, Query... queries) {
    return new Panel(Kind.STACK, title, description, unit, 8, 8, Arrays.asList(queries));
  }

  /** The latest value, large. */
  static Panel number(String title, String unit, String description, String expression) {
    return new Panel(
        Kind.NUMBER, title, description, unit, 4, 4, List.of(Query.of(expression, title)));
  }

  /** A histogram's buckets over time. */
  static Panel heatmap(String title, String unit, String description, String expression) {
    return new Panel(
        Kind.HEATMAP, title, description, unit, 8, 8, List.of(Query.of(expression, "{{le}}")));
  }

  /** The labels and values of now. */
  static Panel table(String title, String description, String expression) {
    return new Panel(Kind.TABLE, title, description, "short", 16, 8, List.of(Query.of(expression)));
  }

  /** The lines of a histogram's quantiles, and its mean. */
  static Panel latency(String title, String description, Promql q, String histogram) {
    return lines(
        title,
        "s",
        description,
        Query.of(q.quantile(0.5, "", histogram), "p50"),
        Query.of(q.quantile(0.95, "", histogram), "p95"),
        Query.of(q.quantile(0.99, "", histogram), "p99"),
        Query.of(q.mean("", histogram), "mean"));
  }

  ObjectNode json(int id, int x, int y) {
    ObjectNode panel = JSON.objectNode();
    panel.put("id", id).put("type", kind.type).put("title", title).put("description", description);
    panel.putObject("gridPos").put("h", height).put("w", width).put("x", x).put("y", y);
    panel.putObject("datasource").put("type", "prometheus").put("uid", "${datasource}");
    ArrayNode targets = panel.putArray("targets");
    for (int i = 0; i < queries.size(); i++) {
      ObjectNode target = targets.addObject();
      target.put("refId", String.valueOf((char) ('A' + i)));
      target.put("expr", queries.get(i).expression());
      target.put("legendFormat", queries.get(i).legend());
      switch (kind) {
        case HEATMAP -> target.put("format", "heatmap");
        case TABLE -> target.put("format", "table").put("instant", true).put("range", false);
        // traces of observations, where there are any
        case LINES -> target.put("exemplar", queries.get(i).expression().contains("_bucket{"));
        default -> {}
      }
    }
    ObjectNode defaults = panel.putObject("fieldConfig").putObject("defaults");
    defaults.put("unit", unit);
    ((ObjectNode) panel.get("fieldConfig")).putArray("overrides");
    switch (kind) {
      case LINES, STACK -> overTime(panel, defaults);
      case NUMBER -> number(panel, defaults);
      case HEATMAP -> heatmap(panel);
      case TABLE -> panel.putObject("options").put("showHeader", true);
    }
    return panel;
  }

  private void overTime(ObjectNode panel, ObjectNode defaults) {
    defaults.put("min", 0);
    ObjectNode custom = defaults.putObject("custom");
    custom.put("lineWidth", 1).put("showPoints", "never");
    custom.put("fillOpacity", kind == Kind.STACK ? 30 : 8);
    if (kind == Kind.STACK) {
      custom.putObject("stacking").put("group", "A").put("mode", "normal");
    }
    ObjectNode options = panel.putObject("options");
    ObjectNode legend = options.putObject("legend");
    legend.put("displayMode", "list").put("placement", "bottom").put("showLegend", true);
    options.putObject("tooltip").put("mode", "multi").put("sort", "desc");
  }

  private static void number(ObjectNode panel, ObjectNode defaults) {
    defaults.put("noValue", "–");
    ObjectNode options = panel.putObject("options");
    options.put("colorMode", "none").put("graphMode", "area").put("textMode", "value");
    options.putObject("reduceOptions").putArray("calcs").add("lastNotNull");
  }

  private void heatmap(ObjectNode panel) {
    ObjectNode options = panel.putObject("options");
    options.put("calculate", false);
    options.putObject("yAxis").put("unit", unit);
    options.putObject("color").put("mode", "scheme").put("scheme", "Blues").put("steps", 64);
  }
}
