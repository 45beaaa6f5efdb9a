package dev.tensafe.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;

/** A schema within its document. Equal to another at the same place of it. */
final class SchemaNode {
  private final JsonNode json;
  private final String path;
  private final String base;

  /**
   * @param path JSON pointer from the document's root
   * @param base URI that references in it are relative to
   */
  SchemaNode(JsonNode json, String path, String base) {
    this.json = json;
    this.path = path;
    this.base = base;
  }

  JsonNode json() {
    return json;
  }

  String path() {
    return path;
  }

  String base() {
    return base;
  }

  /** The pointer of a keyword in it, or of what is in that. */
  String at(Object... keys) {
    StringBuilder pointer = new StringBuilder(path);
    for (Object key : keys) {
      pointer.append('/').append(key.toString().replace("~", "~0").replace("/", "~1"));
    }
    return pointer.toString();
  }

  @Override
  public int hashCode() {
    return path.hashCode();
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof SchemaNode other && other.path.equals(path);
  }

  @Override
  public String toString() {
    return "SchemaNode[" + path + "]";
  }
}
