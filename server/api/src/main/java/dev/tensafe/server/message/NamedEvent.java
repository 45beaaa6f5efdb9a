package dev.tensafe.server.message;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A server-sent event with a name, which its data repeats as {@code type}.
 *
 * @param data JSON on one line
 */
public record NamedEvent(String name, ObjectNode data) {
  /** Its name only. */
  @Override
  public String toString() {
    return "NamedEvent[" + name + "]";
  }
}
