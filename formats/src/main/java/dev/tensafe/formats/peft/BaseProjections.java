package dev.tensafe.formats.peft;

import dev.tensafe.formats.safetensors.Checkpoint;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The projections of a base model that an adapter may change, by module name, sorted by layer, then
 * by name.
 */
public record BaseProjections(Map<String, Shape> byModule) {
  private static final String WEIGHT = ".weight";

  public BaseProjections {
    byModule = Collections.unmodifiableMap(new LinkedHashMap<>(byModule));
  }

  /**
   * @param out rows of the weight
   * @param in columns of the weight
   */
  public record Shape(int out, int in) {}

  /** The projections for which a checkpoint holds a two-dimensional {@code <module>.weight}. */
  public static BaseProjections of(Checkpoint checkpoint) {
    Map<LoraTarget, Shape> found =
        new TreeMap<>(Comparator.comparingInt(LoraTarget::layer).thenComparing(LoraTarget::module));
    checkpoint
        .tensors()
        .forEach(
            (name, info) -> {
              LoraTarget target =
                  name.endsWith(WEIGHT)
                      ? LoraTarget.parse(name.substring(0, name.length() - WEIGHT.length()))
                      : null;
              if (target != null && info.shape().size() == 2) {
                found.put(
                    target,
                    new Shape(
                        Math.toIntExact(info.shape().get(0)),
                        Math.toIntExact(info.shape().get(1))));
              }
            });
    Map<String, Shape> byModule = new LinkedHashMap<>();
    found.forEach((target, shape) -> byModule.put(target.module(), shape));
    return new BaseProjections(byModule);
  }
}
