package dev.tensafe.formats.peft;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.PythonJson;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

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
  private final Map<BoundedRegex, Integer> rankPattern;
  private final Map<BoundedRegex, BigDecimal> alphaPattern;
  private final BoundedRegex.Budget budget = new BoundedRegex.Budget();

  private PeftConfig(JsonNode root) {
    refuseUnsupported(root);
    rank = root.has("r") ? rank(root.path("r"), "r") : DEFAULT_RANK;
    alpha = root.has("lora_alpha") ? alpha(root.path("lora_alpha"), "lora_alpha") : DEFAULT_ALPHA;
    rslora = flag(root, "use_rslora");
    selector =
        new TargetSelector(
            rule(root.path("target_modules"), "target_modules", true),
            rule(root.path("exclude_modules"), "exclude_modules", false),
            layers(root));
    rankPattern = new LinkedHashMap<>();
    patterns(root, "rank_pattern")
        .forEach((k, v) -> rankPattern.put(patternKey(k), rank(v, "rank_pattern")));
    alphaPattern = new LinkedHashMap<>();
    patterns(root, "alpha_pattern")
        .forEach((k, v) -> alphaPattern.put(patternKey(k), alpha(v, "alpha_pattern")));
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

  private static <T> T first(Map<BoundedRegex, T> patterns, String module, T otherwise) {
    for (Map.Entry<BoundedRegex, T> entry : patterns.entrySet()) {
      if (entry.getKey().matches(module)) {
        return entry.getValue();
      }
    }
    return otherwise;
  }

  private BoundedRegex patternKey(String key) {
    return new BoundedRegex("(.*\\.)?(" + key + ")", budget);
  }

  private static void refuseUnsupported(JsonNode root) {
    if (!root.path("peft_type").asText().equals("LORA")) {
      throw unsupported("peft_type", "only LORA adapters are read");
    }
    for (String key :
        List.of(
            "use_dora",
            "fan_in_fan_out",
            "lora_bias",
            "use_qalora",
            "use_bdlora",
            "ensure_weight_tying")) {
      if (flag(root, key)) {
        throw unsupported(key, "it is not computed here");
      }
    }
    for (String key :
        List.of(
            "modules_to_save",
            "layer_replication",
            "trainable_token_indices",
            "target_parameters",
            "alora_invocation_tokens",
            "arrow_config",
            "megatron_config")) {
      JsonNode value = root.path(key);
      if (!absent(value) && !(value.isContainerNode() && value.isEmpty())) {
        throw unsupported(key, "it is not computed here");
      }
    }
    JsonNode bias = root.path("bias");
    if (!absent(bias) && !bias.asText().equals("none")) {
      throw unsupported("bias", "only adapters without biases are read");
    }
    JsonNode init = root.path("init_lora_weights");
    if (init.isTextual()
        && WEIGHT_CHANGING_INITS.stream()
            .anyMatch(init.textValue().toLowerCase(Locale.ROOT)::startsWith)) {
      throw unsupported(
          "init_lora_weights",
          "it changes the base model's weights; save the adapter converted to plain LoRA");
    }
  }

  private static int rank(JsonNode value, String key) {
    if (!value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.intValue() < 1
        || value.intValue() > MAX_RANK) {
      throw bad(key, "needs whole numbers from 1 to " + MAX_RANK);
    }
    return value.intValue();
  }

  private static BigDecimal alpha(JsonNode value, String key) {
    if (!value.isNumber()
        || !(Math.abs(value.doubleValue()) >= 1e-12 && Math.abs(value.doubleValue()) <= 1e12)) {
      throw bad(key, "needs numbers from 1e-12 to 1e12");
    }
    return value.decimalValue().stripTrailingZeros();
  }

  private static boolean flag(JsonNode root, String key) {
    JsonNode value = root.path(key);
    if (absent(value)) {
      return false;
    }
    if (!value.isBoolean()) {
      throw bad(key, "must be true or false");
    }
    return value.booleanValue();
  }

  private TargetSelector.Rule rule(JsonNode value, String key, boolean needed) {
    if (value.isTextual() && !value.textValue().isEmpty()) {
      return TargetSelector.Rule.ofText(value.textValue(), budget);
    }
    if (value.isArray() && !value.isEmpty()) {
      List<String> names = new ArrayList<>();
      for (JsonNode name : value) {
        if (!name.isTextual() || name.textValue().isEmpty()) {
          throw bad(key, "must hold names");
        }
        names.add(name.textValue());
      }
      return TargetSelector.Rule.ofList(List.copyOf(names));
    }
    if (needed || !(absent(value) || value.isEmpty())) {
      throw bad(key, "must be a list of names, a regular expression or \"all-linear\"");
    }
    return TargetSelector.Rule.nothing();
  }

  private static Set<Integer> layers(JsonNode root) {
    JsonNode value = root.path("layers_to_transform");
    Set<Integer> layers = new TreeSet<>();
    if (absent(value)) {
      return layers;
    }
    for (JsonNode layer : value.isArray() ? value : List.of(value)) {
      if (!layer.isIntegralNumber() || !layer.canConvertToInt() || layer.intValue() < 0) {
        throw bad("layers_to_transform", "must be a layer's number or a list of such");
      }
      layers.add(layer.intValue());
    }
    if (layers.isEmpty()) {
      return layers;
    }
    if (root.path("target_modules").isTextual()) {
      throw bad("layers_to_transform", "cannot go with a pattern in target_modules");
    }
    checkPattern(root.path("layers_pattern"));
    return layers;
  }

  /** One name, or a list of which the first that fits counts; none at all fits every name. */
  private static void checkPattern(JsonNode pattern) {
    if (absent(pattern) || (pattern.isContainerNode() && pattern.isEmpty())) {
      return;
    }
    boolean standard = false;
    for (JsonNode name : pattern.isArray() ? pattern : List.of(pattern)) {
      if (!name.isTextual()) {
        throw bad("layers_pattern", "must be a name or a list of names");
      }
      boolean any = pattern.isTextual() && name.textValue().isEmpty();
      standard |= any || name.textValue().equals("layers");
    }
    if (!standard) {
      throw unsupported("layers_pattern", "layers of these models are called 'layers'");
    }
  }

  private static Map<String, JsonNode> patterns(JsonNode root, String key) {
    JsonNode value = root.path(key);
    Map<String, JsonNode> patterns = new LinkedHashMap<>();
    if (!absent(value)) {
      if (!value.isObject() || value.size() > 10_000) {
        throw bad(key, "must be an object of at most 10000 patterns");
      }
      value.properties().forEach(e -> patterns.put(e.getKey(), e.getValue()));
    }
    return patterns;
  }

  private static boolean absent(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }

  private static FormatException bad(String key, String problem) {
    return new FormatException("peft.config", "adapter_config.json: " + key + " " + problem);
  }

  private static FormatException unsupported(String key, String why) {
    return new FormatException("peft.unsupported", "adapter_config.json sets " + key + ": " + why);
  }
}
