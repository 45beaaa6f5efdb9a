package dev.tensafe.server.tools;

import java.util.Set;

/**
 * Whether a model may, must or must not call tools, and which.
 *
 * @param names those it may call; empty for all
 */
public record ToolChoice(Mode mode, Set<String> names) {
  /** Whether there are calls. */
  public enum Mode {
    /** Text only. */
    NONE,
    /** Text, calls, or both. */
    AUTO,
    /** At least one call, and no text. */
    REQUIRED
  }

  public ToolChoice {
    names = Set.copyOf(names);
  }

  boolean allows(String name) {
    return names.isEmpty() || names.contains(name);
  }
}
