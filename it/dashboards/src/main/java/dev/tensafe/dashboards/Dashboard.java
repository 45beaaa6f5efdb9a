package dev.tensafe.dashboards;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** One of Grafana's dashboards: variables, and panels that find their places row by row. */
final class Dashboard {
  private static final int WIDTH = 24;

  private final String uid;
  private final String title;
  private final String description;
  private final List<ObjectNode> variables = new ArrayList<>();
  private final List<ObjectNode> panels = new ArrayList<>();
  private int x;
  private int y;
  private int height;

  Dashboard(String uid, String title, String description) {
    this.uid = uid;
    this.title = title;
    this.description = description;
    ObjectNode source = variable("datasource", "Data source", "datasource");
    source.put("query", "prometheus");
  }

  private ObjectNode variable(String name, String label, String type) {
    ObjectNode variable = JsonNodeFactory.instance.objectNode();
    variable.put("name", name).put("label", label).put("type", type).put("hide", 0);
    variables.add(variable);
    return variable;
  }

  /**
   * A variable that selects values of a label, all of them at first.
   *
   * @param query {@code label_values(…)}
   */
  Dashboard choice(String name, String label, String query) {
    ObjectNode variable = variable(name, label, "query");
    variable.putObject("datasource").put("type", "prometheus").put("uid", "${datasource}");
    variable.put("query", query).put("definition", query).put("refresh", 2).put("sort", 1);
    variable.put("includeAll", true).put("multi", true).put("allValue", ".*");
    ObjectNode current = variable.putObject("current");
    current.put("text", "All").put("value", "$__all");
    return this;
  }

  /** Begins a row of panels. */
  Dashboard row(String name) {
    newLine();
    ObjectNode row = JsonNodeFactory.instance.objectNode();
    row.put("id", panels.size() + 1).put("type", "row").put("title", name);
    row.put("collapsed", false).putArray("panels");
    row.putObject("gridPos").put("h", 1).put("w", WIDTH).put("x", 0).put("y", y);
    panels.add(row);
    y++;
    return this;
  }

  private void newLine() {
    y += height;
    x = 0;
    height = 0;
  }

  Dashboard add(Panel... more) {
    for (Panel panel : more) {
      if (x + panel.width() > WIDTH) {
        newLine();
      }
      panels.add(panel.json(panels.size() + 1, x, y));
      x += panel.width();
      height = Math.max(height, panel.height());
    }
    return this;
  }

  /** As Grafana imports it. */
  String text() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("uid", uid).put("title", title).put("description", description);
    root.putNull("id");
    root.put("editable", true).put("graphTooltip", 1).put("refresh", "30s");
    root.put("schemaVersion", 39).put("version", 1).put("timezone", "");
    root.putArray("tags").add("tensafe");
    root.putObject("time").put("from", "now-1h").put("to", "now");
    ArrayNode links = root.putArray("links");
    ObjectNode link = links.addObject();
    link.put("type", "dashboards").put("title", "TenSafe").put("keepTime", true);
    link.put("includeVars", true).put("asDropdown", false).putArray("tags").add("tensafe");
    ArrayNode list = root.putObject("templating").putArray("list");
    variables.forEach(list::add);
    ArrayNode all = root.putArray("panels");
    panels.forEach(all::add);
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
    printer.indentArraysWith(new DefaultIndenter("  ", "\n"));
    printer.indentObjectsWith(new DefaultIndenter("  ", "\n"));
    try {
      return new ObjectMapper().writer(printer).writeValueAsString(root) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
