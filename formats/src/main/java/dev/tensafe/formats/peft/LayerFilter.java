package dev.tensafe.formats.peft;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.regex.PythonRegex;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The layers that {@code layers_to_transform} names. PEFT finds a module's layer with {@code
 * .*?\.PATTERN\.(\d+)\.} for the first of {@code layers_pattern} that matches; where none does the
 * module is not adapted. Only the layer's number can be what {@code (\d+)} matches in the names of
 * {@link LoraTarget}, so it is enough to know that there is a match.
 */
final class LayerFilter implements Predicate<LoraTarget> {
  private static final String LAYERS = "layers_to_transform";
  private static final String PATTERN = "layers_pattern";

  private final boolean given;
  private final Set<Integer> layers;
  private final List<PythonRegex> patterns;

  private LayerFilter(boolean given, Set<Integer> layers, List<PythonRegex> patterns) {
    this.given = given;
    this.layers = layers;
    this.patterns = List.copyOf(patterns);
  }

  /**
   * Reads both settings.
   *
   * @throws FormatException {@code peft.config}, {@code peft.pattern}
   */
  static LayerFilter read(JsonNode root, PythonRegex.Budget budget) {
    JsonNode value = root.path(LAYERS);
    Set<Integer> layers = new TreeSet<>();
    if (!Settings.absent(value)) {
      for (JsonNode layer : value.isArray() ? value : List.of(value)) {
        if (!layer.isIntegralNumber() || !layer.canConvertToInt() || layer.intValue() < 0) {
          throw Settings.bad(LAYERS, "must be a layer's number or a list of such");
        }
        layers.add(layer.intValue());
      }
    }
    JsonNode pattern = root.path(PATTERN);
    List<PythonRegex> patterns = new ArrayList<>();
    if (!Settings.nothing(pattern)) {
      if (Settings.absent(value)) {
        throw Settings.bad(PATTERN, "needs layers_to_transform beside it");
      }
      Settings.texts(pattern, PATTERN).forEach(text -> patterns.add(pattern(text, budget)));
    }
    return new LayerFilter(!layers.isEmpty(), layers, patterns);
  }

  private static PythonRegex pattern(String text, PythonRegex.Budget budget) {
    String where = Settings.where(PATTERN);
    PythonRegex alone = PythonRegex.compile(where, text, budget);
    if (alone.groups() > 0 || alone.isAlternatives()) {
      throw new FormatException(
          "peft.pattern",
          where
              + " has a group, or alternatives outside of one: PEFT would take that for the"
              + " layer's number; (?:…) can be used");
    }
    return PythonRegex.compile(where, ".*?\\." + text + "\\.(\\d+)\\.", budget);
  }

  /** Refuses layers where they cannot count. */
  void requireNone(String problem) {
    if (given) {
      throw Settings.bad(LAYERS, problem);
    }
  }

  @Override
  public boolean test(LoraTarget target) {
    if (!given) {
      return true;
    }
    return layers.contains(target.layer())
        && (patterns.isEmpty()
            || patterns.stream().anyMatch(pattern -> pattern.matchesStart(target.module())));
  }
}
