package dev.tensafe.server.train;

import java.util.List;

/**
 * What the service says of its frozen model.
 *
 * @param name what clients call it
 * @param contextLength most tokens of an example, and of a prompt with its output
 * @param losses by name
 */
record ModelFacts(String name, String architecture, int contextLength, List<String> losses) {
  ModelFacts {
    losses = List.copyOf(losses);
  }
}
