package dev.tensafe.dashboards;

/**
 * One query of a panel.
 *
 * @param expression in PromQL, with Grafana's variables
 * @param legend Grafana's pattern; empty for none
 */
record Query(String expression, String legend) {
  static Query of(String expression) {
    return new Query(expression, "");
  }

  static Query of(String expression, String legend) {
    return new Query(expression, legend);
  }
}
