package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A stream of server-sent events that have names, which their data repeat. */
record NamedEvents(List<String> names, List<JsonNode> data) {
  static NamedEvents read(String body) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    List<String> names = new ArrayList<>();
    List<JsonNode> data = new ArrayList<>();
    assertTrue(body.endsWith("\n\n"), body);
    for (String frame : body.split("\n\n")) {
      String[] lines = frame.split("\n");
      assertEquals(2, lines.length, frame);
      assertTrue(lines[0].startsWith("event: ") && lines[1].startsWith("data: "), frame);
      names.add(lines[0].substring("event: ".length()));
      data.add(mapper.readTree(lines[1].substring("data: ".length())));
      assertEquals(names.get(names.size() - 1), data.get(data.size() - 1).path("type").asText());
    }
    return new NamedEvents(names, data);
  }

  /** The names, each once where it is repeated. */
  List<String> order() {
    List<String> out = new ArrayList<>();
    for (String name : names) {
      if (out.isEmpty() || !out.get(out.size() - 1).equals(name)) {
        out.add(name);
      }
    }
    return out;
  }

  /** Texts at a pointer of all data, joined. */
  String joined(String pointer) {
    StringBuilder out = new StringBuilder();
    data.forEach(node -> out.append(node.at(pointer).asText("")));
    return out.toString();
  }

  /** The data of the only event of a name. */
  JsonNode only(String name) {
    List<JsonNode> found = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).equals(name)) {
        found.add(data.get(i));
      }
    }
    assertEquals(1, found.size(), name + " in " + names);
    return found.get(0);
  }
}
