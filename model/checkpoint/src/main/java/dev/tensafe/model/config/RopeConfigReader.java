package dev.tensafe.model.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.tensafe.model.shape.ModelException;
import dev.tensafe.model.shape.RopeConfig;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the rotary settings as {@code modeling_rope_utils.py} of Transformers 5.18 does: {@code
 * rope_scaling}, unless it is empty, else {@code rope_parameters}; neither adds to the other. In
 * what was taken, {@code rope_theta} of the whole configuration stands in for a missing one, and a
 * missing {@code rope_type} is the default one. Transformers logs keys that it does not read; so
 * does this reader.
 */
final class RopeConfigReader {
  private static final Logger LOG = LoggerFactory.getLogger(RopeConfigReader.class);
  private static final double DEFAULT_THETA = 10_000;
  private static final int MAX_POSITIONS = 1 << 28;
  private static final String ORIGINAL = "original_max_position_embeddings";

  private static final Set<String> OF_ALL =
      Set.of("rope_type", "type", "rope_theta", "partial_rotary_factor");
  private static final Set<String> OF_YARN =
      Set.of(
          "factor",
          ORIGINAL,
          "attention_factor",
          "beta_fast",
          "beta_slow",
          "mscale",
          "mscale_all_dim",
          "truncate");

  private RopeConfigReader() {}

  static RopeConfig read(ConfigFields config, int maxPositions) {
    checkPartial(config);
    ConfigFields rope = settings(config);
    checkPartial(rope);
    double theta =
        rope.positiveNumber("rope_theta", config.positiveNumber("rope_theta", DEFAULT_THETA));
    String type = type(rope);
    return switch (type) {
      case "default" -> {
        warnOfOthers(rope, type, Set.of());
        yield new RopeConfig.Default(theta);
      }
      case "linear" -> {
        warnOfOthers(rope, type, Set.of("factor", ORIGINAL));
        yield new RopeConfig.Linear(theta, rope.positiveNumber("factor", null));
      }
      // Transformers takes max_position_embeddings here, whatever original_… says
      case "dynamic" -> {
        warnOfOthers(rope, type, Set.of("factor", ORIGINAL));
        yield new RopeConfig.Dynamic(theta, rope.positiveNumber("factor", null), maxPositions);
      }
      case "llama3" -> {
        warnOfOthers(rope, type, Set.of("factor", ORIGINAL, "low_freq_factor", "high_freq_factor"));
        yield llama3(rope, theta, originalLength(config, rope, maxPositions));
      }
      case "yarn" -> {
        warnOfOthers(rope, type, OF_YARN);
        yield yarn(rope, theta, originalLength(config, rope, maxPositions), maxPositions);
      }
      default ->
          throw new ModelException(
              "model.rope",
              "config.json asks for the rope_type '"
                  + type
                  + "'; supported are default, linear, dynamic, llama3, yarn");
    };
  }

  /**
   * The longest sequence that scaled positions serve: {@code factor} times the length before
   * scaling, or {@code max_position_embeddings} where that counts the scaling already. Llama 3's
   * counts it always.
   *
   * @throws ModelException {@code model.config} when it is beyond 2²⁸
   */
  static int usablePositions(ConfigFields config, RopeConfig rope, int maxPositions) {
    ConfigFields settings = settings(config);
    int original = originalLength(config, settings, maxPositions);
    double scaled = factor(rope) * original;
    if (scaled > MAX_POSITIONS) {
      throw settings.bad(
          "factor", "makes " + scaled + " positions; at most " + MAX_POSITIONS + " are possible");
    }
    return Math.max(maxPositions, (int) scaled);
  }

  /** By how much more positions there are than the model was first trained for; 0 for unknown. */
  private static double factor(RopeConfig rope) {
    if (rope instanceof RopeConfig.Linear linear) {
      return linear.factor();
    }
    if (rope instanceof RopeConfig.Dynamic dynamic) {
      return dynamic.factor();
    }
    return rope instanceof RopeConfig.Yarn yarn ? yarn.factor() : 0;
  }

  private static ConfigFields settings(ConfigFields config) {
    for (String key : new String[] {"rope_scaling", "rope_parameters"}) {
      JsonNode node = config.raw(key);
      if (!config.has(key) || (node.isObject() && node.isEmpty())) {
        continue;
      }
      if (!node.isObject()) {
        throw config.bad(key, "must be an object");
      }
      ConfigFields settings = new ConfigFields(node, "config.json: " + key);
      for (var entry : node.properties()) {
        if (entry.getValue().isObject()) {
          throw settings.bad(
              entry.getKey(),
              "is an object; settings for each type of layer" + " are not supported");
        }
      }
      return settings;
    }
    return new ConfigFields(MissingNode.getInstance(), "config.json");
  }

  private static String type(ConfigFields rope) {
    String type = rope.text(rope.has("rope_type") ? "rope_type" : "type");
    return type == null ? "default" : type;
  }

  private static void warnOfOthers(ConfigFields rope, String type, Set<String> read) {
    Set<String> others = new TreeSet<>(rope.keys());
    others.removeAll(OF_ALL);
    others.removeAll(read);
    if (!others.isEmpty()) {
      LOG.warn(
          "{}: {} means nothing to the rope_type '{}', here as in Transformers; it is ignored",
          rope.where(),
          others,
          type);
    }
  }

  private static void checkPartial(ConfigFields fields) {
    if (fields.positiveNumber("partial_rotary_factor", 1.0) != 1.0) {
      throw fields.bad("partial_rotary_factor", "is not 1; partial rotation is not supported");
    }
  }

  /** The key of the whole configuration has priority, as in Transformers. */
  private static int originalLength(ConfigFields config, ConfigFields rope, int maxPositions) {
    return config.has(ORIGINAL)
        ? config.positive(ORIGINAL, MAX_POSITIONS)
        : rope.positive(ORIGINAL, MAX_POSITIONS, maxPositions);
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
        rope.numberOr("beta_fast", 32),
        rope.numberOr("beta_slow", 1),
        attentionFactor(rope, factor),
        // None is false to Python
        !rope.raw("truncate").isNull() && rope.flag("truncate", true));
  }

  /** Both multipliers count, or neither; 0 is as good as absent. */
  private static double attentionFactor(ConfigFields rope, double factor) {
    if (rope.has("attention_factor")) {
      return rope.positiveNumber("attention_factor", null);
    }
    double multiplier = rope.numberOr("mscale", 0);
    double ofAll = rope.numberOr("mscale_all_dim", 0);
    return multiplier == 0 || ofAll == 0
        ? magnitude(factor, 1)
        : magnitude(factor, multiplier) / magnitude(factor, ofAll);
  }

  /** 0.1·m·ln(s) + 1, YaRN section 3.4. */
  private static double magnitude(double scale, double multiplier) {
    return scale <= 1 ? 1 : 0.1 * multiplier * Math.log(scale) + 1;
  }
}
