package dev.tensafe.model.exec;

import dev.tensafe.model.shape.ModelException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The executors that a program offers, by name.
 *
 * @param known at least one, no name twice; the first is the default
 */
public record ExecutorFactories(List<ExecutorFactory> known) {
  public ExecutorFactories {
    known = List.copyOf(known);
    if (known.isEmpty()
        || known.stream().map(ExecutorFactory::name).distinct().count() != known.size()) {
      throw new IllegalArgumentException("no executor, or two of one name");
    }
  }

  /**
   * The executor with a name.
   *
   * @throws ModelException {@code model.unknown_executor}, which lists the known ones
   */
  public ExecutorFactory named(String name) {
    return known.stream()
        .filter(factory -> factory.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new ModelException(
                    "model.unknown_executor",
                    "there is no executor '" + name + "'; known: " + names()));
  }

  private String names() {
    return known.stream()
        .map(factory -> factory.name() + " (" + factory.describe() + ")")
        .collect(Collectors.joining(", "));
  }
}
