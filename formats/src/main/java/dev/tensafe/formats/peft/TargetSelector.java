package dev.tensafe.formats.peft;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.regex.PythonRegex;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which modules a configuration adapts, as PEFT's {@code check_target_module_exists} decides: a
 * text is a regular expression over the whole name, {@code all-linear} every projection; a list
 * holds whole names, and endings of names after a dot, which {@code layers_to_transform} limits.
 * What is excluded comes first.
 */
final class TargetSelector {
  private static final String TARGETS = "target_modules";
  private static final String EXCLUDED = "exclude_modules";
  private static final String ALL = "all-linear";

  private final Predicate<LoraTarget> targets;
  private final Predicate<LoraTarget> excluded;

  private TargetSelector(Predicate<LoraTarget> targets, Predicate<LoraTarget> excluded) {
    this.targets = targets;
    this.excluded = excluded;
  }

  /**
   * Reads {@code target_modules}, {@code exclude_modules}, {@code layers_to_transform} and {@code
   * layers_pattern}.
   *
   * @throws FormatException {@code peft.config}, {@code peft.pattern}
   */
  static TargetSelector read(JsonNode root, PythonRegex.Budget budget) {
    return new TargetSelector(targets(root, budget), excluded(root.path(EXCLUDED), budget));
  }

  boolean selects(LoraTarget target) {
    return !excluded.test(target) && targets.test(target);
  }

  private static Predicate<LoraTarget> targets(JsonNode root, PythonRegex.Budget budget) {
    JsonNode value = root.path(TARGETS);
    LayerFilter layers = LayerFilter.read(root, budget);
    if (value.isTextual() && !value.textValue().isEmpty()) {
      layers.requireNone("cannot go with a text in target_modules");
      if (value.textValue().toLowerCase(Locale.ROOT).equals(ALL)) {
        return target -> true;
      }
      return pattern(value.textValue(), TARGETS, budget);
    }
    if (!value.isArray() || value.isEmpty()) {
      throw Settings.bad(
          TARGETS, "must be a list of names, a regular expression or \"all-linear\"");
    }
    Names names = names(value, TARGETS);
    return target ->
        names.hasWhole(target.module())
            || (names.hasEnding(target.module()) && layers.test(target));
  }

  private static Predicate<LoraTarget> excluded(JsonNode value, PythonRegex.Budget budget) {
    if (Settings.nothing(value)) {
      return target -> false;
    }
    if (value.isTextual()) {
      return pattern(value.textValue(), EXCLUDED, budget);
    }
    if (!value.isArray()) {
      throw Settings.bad(EXCLUDED, "must be a list of names or a regular expression");
    }
    Names names = names(value, EXCLUDED);
    return target -> names.hasWhole(target.module()) || names.hasEnding(target.module());
  }

  private static Predicate<LoraTarget> pattern(
      String expression, String key, PythonRegex.Budget budget) {
    PythonRegex regex = PythonRegex.compile(Settings.where(key), expression, budget);
    return target -> regex.matchesAll(target.module());
  }

  private static Names names(JsonNode value, String key) {
    List<String> names = Settings.texts(value, key);
    if (names.contains("")) {
      throw Settings.bad(key, "must hold names");
    }
    return new Names(Set.copyOf(names));
  }

  private record Names(Set<String> all) {
    boolean hasWhole(String module) {
      return all.contains(module);
    }

    boolean hasEnding(String module) {
      for (int dot = module.indexOf('.'); dot >= 0; dot = module.indexOf('.', dot + 1)) {
        if (all.contains(module.substring(dot + 1))) {
          return true;
        }
      }
      return false;
    }
  }
}
