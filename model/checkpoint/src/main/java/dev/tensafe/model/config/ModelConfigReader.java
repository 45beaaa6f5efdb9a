package dev.tensafe.model.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.Json;
import dev.tensafe.model.shape.Architecture;
import dev.tensafe.model.shape.ModelConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Reads {@code config.json} and {@code generation_config.json} of a model directory. */
public final class ModelConfigReader {
  private static final int MAX_SIZE = 1 << 20;

  private ModelConfigReader() {}

  /**
   * Reads and checks the configuration.
   *
   * @throws dev.tensafe.model.shape.ModelException {@code model.architecture}, {@code model.rope}
   *     or {@code model.config}, naming what is wrong
   * @throws dev.tensafe.formats.FormatException {@code model.missing}, {@code model.invalid_json}
   */
  public static ModelConfig read(Path directory) {
    JsonNode root = Json.readObject(directory.resolve("config.json"), "model");
    return parse(root, eosTokens(directory, root));
  }

  static ModelConfig parse(JsonNode root, Set<Integer> eosTokens) {
    ConfigFields fields = new ConfigFields(root, "config.json");
    Architecture architecture = architecture(fields);
    if (fields.has("quantization_config")) {
      throw fields.bad(
          "quantization_config", "is present; only F32, F16 and BF16 weights are read");
    }
    String activation = fields.text("hidden_act");
    if (activation != null && !activation.equals("silu")) {
      throw fields.bad("hidden_act", "is '" + activation + "'; only silu is known");
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
        fields.positive("vocab_size", 1 << 24),
        maxPositions,
        fields.positiveNumber("rms_norm_eps", 1e-6),
        RopeConfigReader.read(fields, maxPositions),
        windows(fields, architecture, layers),
        qwen2 || (ownBias && bias),
        ownBias && bias,
        architecture == Architecture.LLAMA && fields.flag("mlp_bias", false),
        architecture == Architecture.QWEN3,
        fields.flag("tie_word_embeddings", false),
        eosTokens);
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

  private static Set<Integer> eosTokens(Path directory, JsonNode config) {
    Path file = directory.resolve("generation_config.json");
    JsonNode eos = config.path("eos_token_id");
    if (Files.exists(file)) {
      JsonNode generation = Json.readObject(file, "model").path("eos_token_id");
      eos = generation.isMissingNode() || generation.isNull() ? eos : generation;
    }
    Set<Integer> out = new TreeSet<>();
    for (JsonNode id : eos.isArray() ? eos : List.of(eos)) {
      if (id.isIntegralNumber() && id.canConvertToInt() && id.intValue() >= 0) {
        out.add(id.intValue());
      } else if (!id.isMissingNode() && !id.isNull()) {
        throw new ConfigFields(config, "generation_config.json")
            .bad("eos_token_id", "must be one token id or a list of them");
      }
    }
    return out;
  }
}
