package dev.tensafe.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;

/**
 * A JSON object that writes down every field it is asked for, also those it does not have: {@code
 * messages[].role}. Being asked for all its fields is {@code messages[].*}.
 */
@SuppressWarnings("unchecked") // of the way ObjectNode itself overrides deepCopy
final class RecordingNode extends ObjectNode {
  private static final long serialVersionUID = 1L;

  private final transient Set<String> read;
  private final String path;

  private RecordingNode(String path, Set<String> read) {
    super(JsonNodeFactory.instance);
    this.path = path;
    this.read = read;
  }

  /** A copy of a value whose objects write to a set. */
  static JsonNode of(JsonNode value, Set<String> read) {
    return copy(value, "", read);
  }

  private static JsonNode copy(JsonNode value, String path, Set<String> read) {
    if (value.isObject()) {
      RecordingNode out = new RecordingNode(path.isEmpty() ? "" : path + ".", read);
      value
          .properties()
          .forEach(
              e -> out._children.put(e.getKey(), copy(e.getValue(), out.path + e.getKey(), read)));
      return out;
    }
    if (value.isArray()) {
      ArrayNode out = JsonNodeFactory.instance.arrayNode();
      value.forEach(item -> out.add(copy(item, path + "[]", read)));
      return out;
    }
    return value;
  }

  @Override
  public JsonNode get(String name) {
    read.add(path + name);
    return super.get(name);
  }

  @Override
  public JsonNode path(String name) {
    read.add(path + name);
    return super.path(name);
  }

  @Override
  public Set<Map.Entry<String, JsonNode>> properties() {
    read.add(path + "*");
    return super.properties();
  }

  @Override
  @SuppressWarnings("deprecation")
  public Iterator<Map.Entry<String, JsonNode>> fields() {
    read.add(path + "*");
    return super.fields();
  }

  @Override
  public Iterator<String> fieldNames() {
    read.add(path + "*");
    return super.fieldNames();
  }
}
