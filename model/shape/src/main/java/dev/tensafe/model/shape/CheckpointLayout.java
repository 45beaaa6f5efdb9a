package dev.tensafe.model.shape;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.formats.safetensors.TensorInfo;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The tensors of a checkpoint of a given configuration: names and shapes. */
public final class CheckpointLayout {
  public static final String EMBEDDING = "model.embed_tokens.weight";
  public static final String FINAL_NORM = "model.norm.weight";
  public static final String HEAD = "lm_head.weight";

  private static final Set<DType> WEIGHT_TYPES = EnumSet.of(DType.F32, DType.F16, DType.BF16);

  private CheckpointLayout() {}

  /** Name of a per-layer tensor, such as {@code model.layers.0.input_layernorm.weight}. */
  public static String layerTensor(int layer, String name) {
    return "model.layers." + layer + "." + name + ".weight";
  }

  /** Name of a projection's weight, {@code [out, in]}. */
  public static String weight(Projection projection) {
    return projection.name() + ".weight";
  }

  /** Name of a projection's bias, {@code [out]}. */
  public static String bias(Projection projection) {
    return projection.name() + ".bias";
  }

  /** Whether a projection has a bias under this configuration. */
  public static boolean hasBias(ModelConfig config, Projection projection) {
    return switch (projection.kind()) {
      case Q, K, V -> config.attentionBias();
      case O -> config.outputBias();
      case GATE, UP, DOWN -> config.mlpBias();
    };
  }

  /** Every tensor with its shape, in the order of the forward pass. */
  public static Map<String, List<Long>> expected(ModelConfig config) {
    Map<String, List<Long>> out = new LinkedHashMap<>();
    long hidden = config.hiddenSize();
    out.put(EMBEDDING, List.of((long) config.vocabSize(), hidden));
    for (int layer = 0; layer < config.layers(); layer++) {
      out.put(layerTensor(layer, "input_layernorm"), List.of(hidden));
      out.put(layerTensor(layer, "post_attention_layernorm"), List.of(hidden));
      if (config.queryKeyNorm()) {
        out.put(layerTensor(layer, "self_attn.q_norm"), List.of((long) config.headDim()));
        out.put(layerTensor(layer, "self_attn.k_norm"), List.of((long) config.headDim()));
      }
      for (ProjectionGroup group : ProjectionGroup.ofLayer(config, layer)) {
        for (Projection p : group.projections()) {
          out.put(weight(p), List.of((long) p.out(), (long) p.in()));
          if (hasBias(config, p)) {
            out.put(bias(p), List.of((long) p.out()));
          }
        }
      }
    }
    out.put(FINAL_NORM, List.of(hidden));
    if (!config.tiedEmbeddings()) {
      out.put(HEAD, List.of((long) config.vocabSize(), hidden));
    }
    return out;
  }

  /**
   * Checks a checkpoint's tensors against the configuration.
   *
   * @throws ModelException {@code model.tensor_missing}, {@code model.tensor_shape}, {@code
   *     model.tensor_dtype}, or {@code model.tensor_unknown} for a tensor that nothing reads
   */
  public static void check(ModelConfig config, Map<String, TensorInfo> tensors) {
    Map<String, List<Long>> expected = expected(config);
    expected.forEach(
        (name, shape) -> {
          TensorInfo info = tensors.get(name);
          if (info == null) {
            throw new ModelException("model.tensor_missing", "the checkpoint lacks " + name);
          }
          if (!info.shape().equals(shape)) {
            throw new ModelException(
                "model.tensor_shape",
                name + " has the shape " + info.shape() + "; config.json implies " + shape);
          }
          if (!WEIGHT_TYPES.contains(info.dtype())) {
            throw new ModelException(
                "model.tensor_dtype", name + " is " + info.dtype() + "; F32, F16 or BF16 are read");
          }
        });
    for (String name : tensors.keySet()) {
      boolean known = expected.containsKey(name) || name.endsWith("rotary_emb.inv_freq");
      if (!known && !(config.tiedEmbeddings() && name.equals(HEAD))) {
        throw new ModelException(
            "model.tensor_unknown",
            "the checkpoint holds " + name + ", which this architecture does not have");
      }
    }
  }
}
