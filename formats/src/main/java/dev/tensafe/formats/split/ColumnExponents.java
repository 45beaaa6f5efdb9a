package dev.tensafe.formats.split;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.floats.FloatElements;
import dev.tensafe.formats.peft.LoraTarget;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.TensorInfo;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Powers of two, one for every input dimension, by which weights are multiplied and activations
 * divided before both become integers. An activation behind a norm is as large as the norm's
 * weight, so the weights of the base model's norms tell which dimensions stand out; what o and down
 * projections read has no norm before it and is left as it is.
 */
final class ColumnExponents {
  /** Exponents lie within ± this. */
  static final int LIMIT = 60;

  private ColumnExponents() {}

  /**
   * @return [in], round(log2(|w_j| / median |w|)) of the norm before the group's input
   * @throws FormatException {@code split.norm} when the base model has no such norm
   */
  static byte[] of(Checkpoint base, LoraTarget target, int in) {
    String norm = normOf(target);
    if (norm == null) {
      return new byte[in];
    }
    TensorInfo info = base.tensors().get(norm);
    if (info == null || info.elements() != in || !FloatElements.supports(info.dtype())) {
      throw new FormatException(
          "split.norm", "the base model has no tensor " + norm + " of " + in + " numbers");
    }
    return ofMagnitudes(FloatElements.decode(info.dtype(), base.map(norm)));
  }

  static byte[] ofMagnitudes(double[] weights) {
    double[] used = Arrays.stream(weights).map(Math::abs).filter(w -> w > 0).sorted().toArray();
    double median = used.length == 0 ? 1 : used[used.length / 2];
    byte[] exponents = new byte[weights.length];
    for (int j = 0; j < exponents.length; j++) {
      double magnitude = Math.abs(weights[j]);
      long exponent =
          magnitude == 0 ? 0 : Math.round(StrictMath.log(magnitude / median) / StrictMath.log(2));
      exponents[j] = (byte) Math.max(-LIMIT, Math.min(LIMIT, exponent));
    }
    return exponents;
  }

  private static @Nullable String normOf(LoraTarget target) {
    String layer = "model.layers." + target.layer() + ".";
    return switch (target.input()) {
      case QKV -> layer + "input_layernorm.weight";
      case GATE_UP -> layer + "post_attention_layernorm.weight";
      case O, DOWN -> null;
    };
  }
}
