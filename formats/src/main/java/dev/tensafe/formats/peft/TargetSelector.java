package dev.tensafe.formats.peft;

import java.util.List;
import java.util.Set;

/**
 * Which modules a configuration adapts, with the semantics of PEFT's {@code
 * check_target_module_exists}: a string is a regular expression over the whole name, {@code
 * all-linear} every projection, a list holds whole names or dotted endings.
 */
final class TargetSelector {
  private static final String ALL = "all-linear";

  private final Rule targets;
  private final Rule excluded;
  private final Set<Integer> layers;

  /**
   * @param layers {@code layers_to_transform}; empty for all
   */
  TargetSelector(Rule targets, Rule excluded, Set<Integer> layers) {
    this.targets = targets;
    this.excluded = excluded;
    this.layers = Set.copyOf(layers);
  }

  boolean selects(LoraTarget target) {
    return targets.matches(target.module())
        && !excluded.matches(target.module())
        && (layers.isEmpty() || layers.contains(target.layer()));
  }

  /** Matches module names. */
  @FunctionalInterface
  interface Rule {
    boolean matches(String module);

    static Rule nothing() {
      return module -> false;
    }

    static Rule ofText(String text, BoundedRegex.Budget budget) {
      if (text.equals(ALL)) {
        return module -> true;
      }
      BoundedRegex regex = new BoundedRegex(text, budget);
      return regex::matches;
    }

    static Rule ofList(List<String> names) {
      return module -> names.stream().anyMatch(n -> module.equals(n) || module.endsWith("." + n));
    }
  }
}
