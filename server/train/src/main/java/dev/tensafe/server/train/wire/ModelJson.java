package dev.tensafe.server.train.wire;

import dev.tensafe.model.shape.ProjectionKind;
import dev.tensafe.training.torch.LoraSpec;
import dev.tensafe.training.torch.OptimizerSpec;
import dev.tensafe.tuning.ModelSettings;
import dev.tensafe.tuning.PrivacySettings;
import java.math.BigDecimal;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * {@code create_model}: the public protocol's settings, and ours in the object {@code tensafe}.
 * Thread-safe.
 */
public final class ModelJson {
  private static final Set<ProjectionKind> ATTENTION =
      EnumSet.of(ProjectionKind.Q, ProjectionKind.K, ProjectionKind.V, ProjectionKind.O);
  private static final Set<ProjectionKind> MLP =
      EnumSet.of(ProjectionKind.GATE, ProjectionKind.UP, ProjectionKind.DOWN);

  /** The public protocol has no alpha; this is the one that its documentation names. */
  private static final long ALPHA = 32;

  private final String baseModel;
  private final int mostRank;

  /**
   * @param baseModel what the service calls its frozen model
   * @param mostRank of low-rank matrices
   */
  public ModelJson(String baseModel, int mostRank) {
    this.baseModel = baseModel;
    this.mostRank = mostRank;
  }

  /**
   * Reads a request's settings.
   *
   * @throws dev.tensafe.tuning.TuningException {@code tuning.field}
   */
  public ModelSettings read(WireFields body) {
    String asked = body.text("base_model");
    if (!asked.equals(baseModel)) {
      throw body.error("base_model", "'" + baseModel + "', the model that is trained here");
    }
    WireFields lora = body.object("lora_config");
    WireFields ours = body.object("tensafe");
    WireFields optimizer = ours.object("optimizer");
    int rank = (int) lora.optionalLong("rank", 1, mostRank).orElse(16);
    OptionalLong seed = ours.optionalLong("seed", Long.MIN_VALUE, Long.MAX_VALUE);
    if (seed.isEmpty()) {
      seed = lora.optionalLong("seed", Long.MIN_VALUE, Long.MAX_VALUE);
    }
    return new ModelSettings(
        baseModel,
        new LoraSpec(
            rank,
            BigDecimal.valueOf(ours.optionalNumber("alpha", 1e-6, 1e6).orElse(ALPHA)),
            ours.optionalNumber("dropout", 0, 0.95).orElse(0),
            targets(lora, ours),
            ours.optionalFlag("rslora").orElse(false)),
        // the same call again must give the same settings, so a seed is not drawn here
        seed.orElse(0),
        optimizer(optimizer),
        optimizer.optionalNumber("learning_rate", 0, 100).orElse(1e-4),
        optimizer.optionalNumber("max_grad_norm", 0, 1e9).orElse(0),
        ours.has("dp") ? Optional.of(privacy(ours)) : Optional.empty(),
        ours.optionalLong("max_steps", 1, Long.MAX_VALUE));
  }

  private static Set<ProjectionKind> targets(WireFields lora, WireFields ours) {
    Optional<List<String>> named = ours.optionalTexts("target_modules", 16);
    Set<ProjectionKind> out = EnumSet.noneOf(ProjectionKind.class);
    if (named.isPresent()) {
      for (String name : named.get()) {
        out.add(
            List.of(ProjectionKind.values()).stream()
                .filter(kind -> kind.moduleName().endsWith("." + name))
                .findFirst()
                .orElseThrow(
                    () ->
                        ours.error(
                            "target_modules",
                            "of q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj")));
      }
    } else {
      if (lora.optionalFlag("train_attn").orElse(true)) {
        out.addAll(ATTENTION);
      }
      if (lora.optionalFlag("train_mlp").orElse(true)) {
        out.addAll(MLP);
      }
    }
    if (out.isEmpty()) {
      throw lora.error("train_attn", "true, or 'train_mlp': something has to be trained");
    }
    return out;
  }

  private static OptimizerSpec optimizer(WireFields given) {
    String name = given.optionalText("name").orElse("adamw").toLowerCase(Locale.ROOT);
    double decay = given.optionalNumber("weight_decay", 0, 10).orElse(0);
    return switch (name) {
      case "adamw" -> {
        List<Double> betas = betas(given);
        yield new OptimizerSpec.AdamW(
            betas.get(0), betas.get(1), given.optionalNumber("eps", 0, 1).orElse(1e-12), decay);
      }
      case "sgd" ->
          new OptimizerSpec.Sgd(
              given.optionalNumber("momentum", 0, 0.9999).orElse(0),
              given.optionalFlag("nesterov").orElse(false),
              decay);
      case "adafactor" -> {
        OptimizerSpec.Adafactor usual = OptimizerSpec.Adafactor.standard();
        yield new OptimizerSpec.Adafactor(
            usual.exponent(), usual.eps1(), usual.eps2(), usual.threshold(), decay);
      }
      default -> throw given.error("name", "adamw, adafactor or sgd");
    };
  }

  private static List<Double> betas(WireFields given) {
    if (!given.has("betas")) {
      return List.of(0.9, 0.95);
    }
    double[] values = given.doubles("betas");
    if (values.length != 2 || !inRange(values[0]) || !inRange(values[1])) {
      throw given.error("betas", "two numbers from 0 to below 1");
    }
    return List.of(values[0], values[1]);
  }

  private static boolean inRange(double beta) {
    return beta >= 0 && beta < 1;
  }

  private static PrivacySettings privacy(WireFields ours) {
    WireFields dp = ours.object("dp");
    double batch =
        ours.optionalLong("batch_size", 1, 1 << 20).orElse(8)
            * (double) ours.optionalLong("gradient_accumulation_steps", 1, 1 << 20).orElse(1);
    OptionalDouble rate = dp.optionalNumber("sampling_rate", 1e-9, 1);
    String name = dp.optionalText("data_set").orElse("default");
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
      throw dp.error("data_set", "a name such as clinic-2026");
    }
    return new PrivacySettings(
        name,
        dp.optionalNumber("noise_multiplier", 0.01, 1e6)
            .orElseThrow(() -> dp.error("noise_multiplier", "given")),
        dp.optionalNumber("max_grad_norm", 1e-9, 1e9).orElse(1),
        dp.optionalNumber("target_epsilon", 0, 1e9),
        dp.optionalNumber("target_delta", 1e-30, 0.5).orElse(1e-5),
        dp.optionalNumber("expected_batch", 1, 1e9).orElse(batch),
        rate);
  }
}
