package dev.tensafe.model.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.PythonJson;
import dev.tensafe.model.shape.Architecture;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.ModelException;
import dev.tensafe.model.shape.RopeConfig;
import dev.tensafe.model.shape.RotaryEmbedding;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * Reads {@code config.json} of a model directory, and the end tokens of all its files. What a
 * setting means is what Transformers 5.18 makes of it.
 */
public final class ModelConfigReader {
  private static final int MAX_SIZE = 1 << 20;

  /** The two names that Transformers' {@code activations.py} has for x·σ(x). */
  private static final Set<String> SILU = Set.of("silu", "swish");

  private ModelConfigReader() {}

  /**
   * Reads and checks the configuration.
   *
   * @throws dev.tensafe.model.shape.ModelException {@code model.architecture}, {@code model.rope}
   *     or {@code model.config}, naming what is wrong
   * @throws dev.tensafe.formats.FormatException {@code model.missing}, {@code model.invalid_json}
   */
  public static ModelConfig read(Path directory) {
    JsonNode root = PythonJson.readObject(directory.resolve("config.json"), "model");
    return parse(root, vocabSize -> EndTokens.read(directory, root, vocabSize));
  }

  static ModelConfig parse(JsonNode root, IntFunction<Set<Integer>> endTokens) {
    ConfigFields fields = new ConfigFields(root, "config.json");
    Architecture architecture = architecture(fields);
    if (fields.has("quantization_config")) {
      throw fields.bad(
          "quantization_config", "is present; only F32, F16 and BF16 weights are read");
    }
    String activation = fields.text("hidden_act");
    if (activation != null && !SILU.contains(activation)) {
      throw fields.bad(
          "hidden_act", "is '" + activation + "'; only silu, also called swish, is known");
    }
    int hidden = fields.positive("hidden_size", MAX_SIZE);
    int layers = fields.positive("num_hidden_layers", 1024);
    int heads = fields.positive("num_attention_heads", 4096);
    int kvHeads = fields.positive("num_key_value_heads", 4096, heads);
    if (heads % kvHeads != 0) {
      throw fields.bad("num_key_value_heads", "is " + kvHeads + ", which does not divide " + heads);
    }
    if (!fields.has("head_dim") && hidden % heads != 0) {
      throw fields.bad("hidden_size", "is " + hidden + ", not a multiple of " + heads + " heads");
    }
    int headDim = fields.positive("head_dim", 4096, Math.max(1, hidden / heads));
    if (headDim % 2 != 0) {
      throw fields.bad("head_dim", "is " + headDim + "; rotary embeddings need an even size");
    }
    int maxPositions = fields.positive("max_position_embeddings", 1 << 28);
    int vocabSize = fields.positive("vocab_size", 1 << 24);
    RopeConfig rope = RopeConfigReader.read(fields, maxPositions);
    checkFrequencies(rope, headDim);
    boolean bias = fields.flag("attention_bias", false);
    boolean qwen2 = architecture == Architecture.QWEN2;
    boolean ownBias = architecture == Architecture.LLAMA || architecture == Architecture.QWEN3;
    return new ModelConfig(
        architecture,
        hidden,
        fields.positive("intermediate_size", MAX_SIZE * 4),
        layers,
        heads,
        kvHeads,
        headDim,
        vocabSize,
        RopeConfigReader.usablePositions(fields, rope, maxPositions),
        fields.positiveNumber("rms_norm_eps", 1e-6),
        rope,
        windows(fields, architecture, layers),
        qwen2 || (ownBias && bias),
        ownBias && bias,
        architecture == Architecture.LLAMA && fields.flag("mlp_bias", false),
        architecture == Architecture.QWEN3,
        fields.flag("tie_word_embeddings", false),
        endTokens.apply(vocabSize));
  }

  private static void checkFrequencies(RopeConfig rope, int headDim) {
    if (!new RotaryEmbedding(rope, headDim).isFinite()) {
      throw new ModelException(
          "model.rope",
          "config.json: the rotary settings give frequencies that are not finite: " + rope);
    }
  }

  private static Architecture architecture(ConfigFields fields) {
    JsonNode names = fields.raw("architectures");
    if (!names.isArray() || names.size() != 1 || !names.get(0).isTextual()) {
      throw fields.bad("architectures", "must name exactly one architecture");
    }
    return Architecture.parse(names.get(0).textValue());
  }

  private static List<Integer> windows(ConfigFields fields, Architecture kind, int layers) {
    boolean qwen = kind == Architecture.QWEN2 || kind == Architecture.QWEN3;
    boolean used =
        switch (kind) {
          case LLAMA -> false;
          case MISTRAL -> fields.has("sliding_window");
          case QWEN2, QWEN3 ->
              fields.flag("use_sliding_window", false) && fields.has("sliding_window");
        };
    if (!used) {
      return Collections.nCopies(layers, 0);
    }
    int window = fields.positive("sliding_window", 1 << 28);
    JsonNode types = fields.raw("layer_types");
    List<Integer> out = new ArrayList<>(layers);
    if (types.isArray()) {
      if (types.size() != layers) {
        throw fields.bad(
            "layer_types", "has " + types.size() + " entries for " + layers + " layers");
      }
      for (JsonNode type : types) {
        switch (type.asText()) {
          case "sliding_attention" -> out.add(window);
          case "full_attention" -> out.add(0);
          default ->
              throw fields.bad("layer_types", "holds the unknown type '" + type.asText() + "'");
        }
      }
      return out;
    }
    int firstWindowed = qwen ? fields.positive("max_window_layers", 1 << 20, 28) : 0;
    for (int layer = 0; layer < layers; layer++) {
      out.add(layer >= firstWindowed ? window : 0);
    }
    return out;
  }
}
