package dev.tensafe.model.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.model.shape.ModelException;
import dev.tensafe.model.shape.RopeConfig;

/**
 * Reads the rotary settings: {@code rope_theta} with {@code rope_scaling}, or the newer {@code
 * rope_parameters} that holds both.
 */
final class RopeConfigReader {
  private static final double DEFAULT_THETA = 10_000;

  private RopeConfigReader() {}

  static RopeConfig read(ConfigFields config, int maxPositions) {
    String key = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
    double theta = config.positiveNumber("rope_theta", DEFAULT_THETA);
    checkPartial(config);
    if (!config.has(key)) {
      return new RopeConfig.Default(theta);
    }
    JsonNode node = config.raw(key);
    if (!node.isObject()) {
      throw config.bad(key, "must be an object");
    }
    ConfigFields rope = new ConfigFields(node, "config.json: " + key);
    checkPartial(rope);
    theta = rope.positiveNumber("rope_theta", theta);
    String type = rope.text("rope_type");
    type = type == null ? rope.text("type") : type;
    if (type == null) {
      throw rope.bad("rope_type", "is missing");
    }
    int original = originalLength(config, rope, maxPositions);
    return switch (type) {
      case "default" -> new RopeConfig.Default(theta);
      case "linear" -> new RopeConfig.Linear(theta, rope.positiveNumber("factor", null));
      // transformers takes max_position_embeddings here, whatever original_… says
      case "dynamic" ->
          new RopeConfig.Dynamic(theta, rope.positiveNumber("factor", null), maxPositions);
      case "llama3" -> llama3(rope, theta, original);
      case "yarn" -> yarn(rope, theta, original, maxPositions);
      default ->
          throw new ModelException(
              "model.rope",
              "config.json asks for the rope_type '"
                  + type
                  + "'; supported are default, linear, dynamic, llama3, yarn");
    };
  }

  private static void checkPartial(ConfigFields fields) {
    if (fields.positiveNumber("partial_rotary_factor", 1.0) != 1.0) {
      throw fields.bad("partial_rotary_factor", "is not 1; partial rotation is not supported");
    }
  }

  private static int originalLength(ConfigFields config, ConfigFields rope, int maxPositions) {
    int fallback = config.positive("original_max_position_embeddings", 1 << 28, maxPositions);
    return rope.positive("original_max_position_embeddings", 1 << 28, fallback);
  }

  private static RopeConfig llama3(ConfigFields rope, double theta, int original) {
    double low = rope.positiveNumber("low_freq_factor", null);
    double high = rope.positiveNumber("high_freq_factor", null);
    if (high <= low) {
      throw rope.bad("high_freq_factor", "must be larger than low_freq_factor");
    }
    return new RopeConfig.Llama3(theta, rope.positiveNumber("factor", null), low, high, original);
  }

  private static RopeConfig yarn(ConfigFields rope, double theta, int original, int maxPositions) {
    double factor = rope.positiveNumber("factor", (double) maxPositions / original);
    return new RopeConfig.Yarn(
        theta,
        factor,
        original,
        rope.positiveNumber("beta_fast", 32.0),
        rope.positiveNumber("beta_slow", 1.0),
        attentionFactor(rope, factor),
        rope.flag("truncate", true));
  }

  private static double attentionFactor(ConfigFields rope, double factor) {
    if (rope.has("attention_factor")) {
      return rope.positiveNumber("attention_factor", null);
    }
    if (rope.has("mscale") && rope.has("mscale_all_dim")) {
      return magnitude(factor, rope.positiveNumber("mscale", null))
          / magnitude(factor, rope.positiveNumber("mscale_all_dim", null));
    }
    return magnitude(factor, 1);
  }

  /** 0.1·m·ln(s) + 1, YaRN section 3.4. */
  private static double magnitude(double scale, double multiplier) {
    return scale <= 1 ? 1 : 0.1 * multiplier * Math.log(scale) + 1;
  }
}
