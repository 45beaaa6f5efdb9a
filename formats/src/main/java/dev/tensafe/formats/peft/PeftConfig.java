package dev.tensafe.formats.peft;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.PythonJson;
import dev.tensafe.formats.regex.PythonRegex;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The settings of a PEFT {@code adapter_config.json} that decide what a LoRA adapter computes.
 * Settings that would change the result and are not computed here are refused by name, never
 * ignored. For one thread at a time.
 *
 * <p>Source: huggingface/peft after 0.20.0, {@code LoraConfig}, {@code tuners/lora/model.py} and
 * {@code check_target_module_exists}.
 */
public final class PeftConfig {
  /** Largest rank accepted. */
  public static final int MAX_RANK = 4096;

  private static final int DEFAULT_RANK = 8;
  private static final BigDecimal DEFAULT_ALPHA = BigDecimal.valueOf(8);

  private static final Set<String> WEIGHT_CHANGING_INITS =
      Set.of("pissa", "olora", "corda", "loftq", "lora_ga");

  private final int rank;
  private final BigDecimal alpha;
  private final boolean rslora;
  private final TargetSelector selector;
  private final Map<PythonRegex, Integer> rankPattern;
  private final Map<PythonRegex, BigDecimal> alphaPattern;
  private final PythonRegex.Budget budget = new PythonRegex.Budget();

  private PeftConfig(JsonNode root) {
    refuseUnsupported(root);
    rank = root.has("r") ? rank(root.path("r"), "r") : DEFAULT_RANK;
    alpha = root.has("lora_alpha") ? alpha(root.path("lora_alpha"), "lora_alpha") : DEFAULT_ALPHA;
    rslora = Settings.flag(root, "use_rslora");
    selector = TargetSelector.read(root, budget);
    rankPattern = new LinkedHashMap<>();
    patterns(root, "rank_pattern")
        .forEach((k, v) -> rankPattern.put(regex("rank_pattern", k), rank(v, "rank_pattern")));
    alphaPattern = new LinkedHashMap<>();
    patterns(root, "alpha_pattern")
        .forEach((k, v) -> alphaPattern.put(regex("alpha_pattern", k), alpha(v, "alpha_pattern")));
  }

  /**
   * Parses and checks a configuration.
   *
   * @throws FormatException {@code peft.invalid_json}, {@code peft.config} for a missing or
   *     malformed setting, {@code peft.pattern}, or {@code peft.unsupported} naming a setting whose
   *     effect is not computed here
   */
  public static PeftConfig parse(byte[] json) {
    return new PeftConfig(PythonJson.parseObject(json, "adapter_config.json", "peft"));
  }

  /** {@code r}, where no pattern says otherwise. */
  public int rank() {
    return rank;
  }

  /** {@code lora_alpha}, where no pattern says otherwise. */
  public BigDecimal alpha() {
    return alpha;
  }

  public boolean rslora() {
    return rslora;
  }

  /** Whether the module is adapted. */
  public boolean selects(LoraTarget target) {
    return selector.selects(target);
  }

  /** The rank of one module: the first matching {@code rank_pattern}, else {@link #rank()}. */
  public int rankOf(String module) {
    return first(rankPattern, module, rank);
  }

  /** The alpha of one module: the first matching {@code alpha_pattern}, else {@link #alpha()}. */
  public BigDecimal alphaOf(String module) {
    return first(alphaPattern, module, alpha);
  }

  /** The factor of B·A·x: alpha/r, or alpha/√r with rsLoRA. */
  public static double scaling(BigDecimal alpha, int rank, boolean rslora) {
    return alpha.doubleValue() / (rslora ? Math.sqrt(rank) : rank);
  }

  private static <T> T first(Map<PythonRegex, T> patterns, String module, T otherwise) {
    for (Map.Entry<PythonRegex, T> entry : patterns.entrySet()) {
      if (entry.getKey().matchesStart(module)) {
        return entry.getValue();
      }
    }
    return otherwise;
  }

  /** As PEFT's {@code get_pattern_key} puts it together. */
  private PythonRegex regex(String setting, String key) {
    return PythonRegex.compile(Settings.where(setting), "(.*\\.)?(" + key + ")$", budget);
  }

  private static void refuseUnsupported(JsonNode root) {
    if (!root.path("peft_type").asText().equals("LORA")) {
      throw Settings.unsupported("peft_type", "only LORA adapters are read");
    }
    for (String key :
        List.of("use_dora", "fan_in_fan_out", "lora_bias", "use_qalora", "ensure_weight_tying")) {
      if (Settings.flag(root, key)) {
        throw Settings.unsupported(key, "it is not computed here");
      }
    }
    for (String key :
        List.of(
            "modules_to_save",
            "layer_replication",
            "trainable_token_indices",
            "target_parameters",
            "megatron_config")) {
      if (!Settings.nothing(root.path(key))) {
        throw Settings.unsupported(key, "it is not computed here");
      }
    }
    // an empty one asks for the defaults
    for (String key :
        List.of(
            "alora_invocation_tokens",
            "arrow_config",
            "kasa_config",
            "monteclora_config",
            "use_bdlora")) {
      if (!Settings.absent(root.path(key))) {
        throw Settings.unsupported(key, "it is not computed here");
      }
    }
    JsonNode bias = root.path("bias");
    if (!Settings.absent(bias) && !bias.asText().equals("none")) {
      throw Settings.unsupported("bias", "only adapters without biases are read");
    }
    JsonNode init = root.path("init_lora_weights");
    if (PythonJson.isRepeated(init)) {
      throw Settings.bad("init_lora_weights", "stands there twice");
    }
    if (init.isTextual()
        && WEIGHT_CHANGING_INITS.stream()
            .anyMatch(init.textValue().toLowerCase(Locale.ROOT)::startsWith)) {
      throw Settings.unsupported(
          "init_lora_weights",
          "it changes the base model's weights; save the adapter converted to plain LoRA");
    }
  }

  private static int rank(JsonNode value, String key) {
    if (!value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.intValue() < 1
        || value.intValue() > MAX_RANK) {
      throw Settings.bad(key, "needs whole numbers from 1 to " + MAX_RANK);
    }
    return value.intValue();
  }

  private static BigDecimal alpha(JsonNode value, String key) {
    if (!value.isNumber()
        || !(Math.abs(value.doubleValue()) >= 1e-12 && Math.abs(value.doubleValue()) <= 1e12)) {
      throw Settings.bad(key, "needs numbers from 1e-12 to 1e12");
    }
    return value.decimalValue().stripTrailingZeros();
  }

  private static Map<String, JsonNode> patterns(JsonNode root, String key) {
    JsonNode value = root.path(key);
    Map<String, JsonNode> patterns = new LinkedHashMap<>();
    if (!Settings.absent(value)) {
      if (!value.isObject() || value.size() > 10_000) {
        throw Settings.bad(key, "must be an object of at most 10000 patterns");
      }
      value.properties().forEach(e -> patterns.put(e.getKey(), e.getValue()));
    }
    return patterns;
  }
}
