package dev.tensafe.formats.peft;

import dev.tensafe.formats.FormatException;
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
    QKV(0),
    O(1),
    GATE_UP(2),
    DOWN(3);

    private final int wireId;

    Input(int wireId) {
      this.wireId = wireId;
    }

    /** Its number in messages, 0 to 3, that never changes; docs/HE-PROTOCOL.md, "group id". */
    public int wireId() {
      return wireId;
    }

    /**
     * The input with a number.
     *
     * @throws FormatException {@code peft.input} for any other number
     */
    public static Input ofWireId(int wireId) {
      return switch (wireId) {
        case 0 -> QKV;
        case 1 -> O;
        case 2 -> GATE_UP;
        case 3 -> DOWN;
        default ->
            throw new FormatException(
                "peft.input", "a layer has no input " + wireId + "; inputs are 0 to 3");
      };
    }

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
