package dev.tensafe.formats.peft;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A projection a LoRA adapter may change, by its module name in the checkpoint: {@code
 * model.layers.<layer>.self_attn.{q,k,v,o}_proj} or {@code .mlp.{gate,up,down}_proj}.
 *
 * @param layer zero-based
 * @param input which vector of the layer the projection reads
 */
public record LoraTarget(String module, int layer, Input input) {
  private static final Pattern NAME =
      Pattern.compile(
          "model\\.layers\\.(0|[1-9][0-9]{0,4})\\.(?:self_attn\\.([qkvo])|mlp\\.(gate|up|down))_proj");

  /** The four vectors of a layer that projections read; those of one vector form a group. */
  public enum Input {
    QKV,
    O,
    GATE_UP,
    DOWN;

    /** The name in tensor names: {@code qkv}, {@code o}, {@code gate_up}, {@code down}. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The target with that module name, or null if it is no projection of a decoder layer. */
  public static @Nullable LoraTarget parse(String module) {
    Matcher m = NAME.matcher(module);
    if (!m.matches()) {
      return null;
    }
    String kind = m.group(2) != null ? m.group(2) : m.group(3);
    Input input =
        switch (kind) {
          case "q", "k", "v" -> Input.QKV;
          case "o" -> Input.O;
          case "gate", "up" -> Input.GATE_UP;
          default -> Input.DOWN;
        };
    return new LoraTarget(module, Integer.parseInt(m.group(1)), input);
  }

  /** Name of the group of projections that read the same vector: {@code model.layers.0.qkv}. */
  public String group() {
    return "model.layers." + layer + "." + input.label();
  }
}
