package dev.tensafe.tuning;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.model.shape.ProjectionKind;
import dev.tensafe.training.torch.LoraSpec;
import dev.tensafe.training.torch.OptimizerSpec;
import dev.tensafe.tuning.TuningException.Kind;
import java.math.BigDecimal;
import java.util.EnumSet;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/** A model's settings in the store. Stateless. */
public final class SettingsJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private SettingsJson() {}

  /** The settings as JSON; equal ones give equal texts. */
  public static String write(ModelSettings settings) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("base_model", settings.baseModel()).put("seed", settings.seed());
    node.put("learning_rate", settings.rate()).put("clip", settings.clip());
    settings.mostSteps().ifPresent(most -> node.put("max_steps", most));
    node.set("lora", lora(settings.lora()));
    node.set("optimizer", optimizer(settings.optimizer()));
    settings.privacy().ifPresent(privacy -> node.set("privacy", privacy(privacy)));
    return node.toString();
  }

  private static ObjectNode lora(LoraSpec spec) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("rank", spec.rank()).put("alpha", spec.alpha()).put("dropout", spec.dropout());
    ArrayNode targets = node.putArray("targets");
    spec.targets().stream().sorted().map(Enum::name).forEach(targets::add);
    return node.put("rslora", spec.rslora());
  }

  private static ObjectNode optimizer(OptimizerSpec spec) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("weight_decay", spec.weightDecay());
    if (spec instanceof OptimizerSpec.AdamW adam) {
      node.put("name", "adamw").put("beta1", adam.beta1()).put("beta2", adam.beta2());
      node.put("eps", adam.eps());
    } else if (spec instanceof OptimizerSpec.Sgd sgd) {
      node.put("name", "sgd").put("momentum", sgd.momentum()).put("nesterov", sgd.nesterov());
    } else if (spec instanceof OptimizerSpec.Adafactor factor) {
      node.put("name", "adafactor").put("exponent", factor.exponent()).put("eps1", factor.eps1());
      node.put("eps2", factor.eps2()).put("threshold", factor.threshold());
    }
    return node;
  }

  private static ObjectNode privacy(PrivacySettings privacy) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("data_set", privacy.dataSet()).put("noise_multiplier", privacy.noiseMultiplier());
    node.put("max_grad_norm", privacy.maxNorm()).put("target_delta", privacy.targetDelta());
    node.put("expected_batch", privacy.expectedBatch());
    privacy.targetEpsilon().ifPresent(epsilon -> node.put("target_epsilon", epsilon));
    privacy.rate().ifPresent(rate -> node.put("rate", rate));
    return node;
  }

  /**
   * The settings of a text that {@link #write} made.
   *
   * @throws TuningException {@code tuning.store} for another
   */
  public static ModelSettings read(String text) {
    try {
      JsonNode node = MAPPER.readTree(text);
      return new ModelSettings(
          node.path("base_model").asText(),
          readLora(node.path("lora")),
          node.path("seed").asLong(),
          readOptimizer(node.path("optimizer")),
          node.path("learning_rate").asDouble(),
          node.path("clip").asDouble(),
          node.has("privacy") ? Optional.of(readPrivacy(node.path("privacy"))) : Optional.empty(),
          node.has("max_steps")
              ? OptionalLong.of(node.path("max_steps").asLong())
              : OptionalLong.empty());
    } catch (JsonProcessingException | RuntimeException e) {
      throw new TuningException(Kind.FAILED, "tuning.store", "stored settings cannot be read");
    }
  }

  private static LoraSpec readLora(JsonNode node) {
    Set<ProjectionKind> targets = EnumSet.noneOf(ProjectionKind.class);
    node.path("targets").forEach(target -> targets.add(ProjectionKind.valueOf(target.asText())));
    return new LoraSpec(
        node.path("rank").asInt(),
        new BigDecimal(node.path("alpha").asText()),
        node.path("dropout").asDouble(),
        targets,
        node.path("rslora").asBoolean());
  }

  private static OptimizerSpec readOptimizer(JsonNode node) {
    double decay = node.path("weight_decay").asDouble();
    return switch (node.path("name").asText()) {
      case "adamw" ->
          new OptimizerSpec.AdamW(
              node.path("beta1").asDouble(),
              node.path("beta2").asDouble(),
              node.path("eps").asDouble(),
              decay);
      case "sgd" ->
          new OptimizerSpec.Sgd(
              node.path("momentum").asDouble(), node.path("nesterov").asBoolean(), decay);
      case "adafactor" ->
          new OptimizerSpec.Adafactor(
              node.path("exponent").asDouble(),
              node.path("eps1").asDouble(),
              node.path("eps2").asDouble(),
              node.path("threshold").asDouble(),
              decay);
      default -> throw new IllegalArgumentException("an unknown optimizer");
    };
  }

  private static PrivacySettings readPrivacy(JsonNode node) {
    return new PrivacySettings(
        node.path("data_set").asText(),
        node.path("noise_multiplier").asDouble(),
        node.path("max_grad_norm").asDouble(),
        node.has("target_epsilon")
            ? OptionalDouble.of(node.path("target_epsilon").asDouble())
            : OptionalDouble.empty(),
        node.path("target_delta").asDouble(),
        node.path("expected_batch").asDouble(),
        node.has("rate")
            ? OptionalDouble.of(node.path("rate").asDouble())
            : OptionalDouble.empty());
  }
}
