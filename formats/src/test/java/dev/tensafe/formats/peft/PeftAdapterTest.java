package dev.tensafe.formats.peft;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.formats.safetensors.TensorInfo;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PeftAdapterTest {
  private static final List<String> KINDS =
      List.of(
          "self_attn.q_proj",
          "self_attn.k_proj",
          "self_attn.v_proj",
          "self_attn.o_proj",
          "mlp.gate_proj",
          "mlp.up_proj",
          "mlp.down_proj");
  private static final BaseProjections BASE = base();

  private static BaseProjections base() {
    Map<String, BaseProjections.Shape> shapes = new LinkedHashMap<>();
    for (int layer = 0; layer < 12; layer++) {
      for (String kind : KINDS) {
        shapes.put("model.layers." + layer + "." + kind, new BaseProjections.Shape(24, 16));
      }
    }
    return new BaseProjections(shapes);
  }

  private static PeftConfig config(String settings) {
    return PeftConfig.parse(
        ("{\"peft_type\":\"LORA\",\"r\":8,\"lora_alpha\":16," + settings + "}").getBytes(UTF_8));
  }

  /** As many as PEFT's check_target_module_exists says, after 0.20.0, with Python 3.11. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "\"target_modules\":[\"q_proj\",\"v_proj\"] ; 24",
        "\"target_modules\":\"all-linear\" ; 84",
        "\"target_modules\":\"all-linear\",\"exclude_modules\":[\"down_proj\"] ; 72",
        "\"target_modules\":[\"model.layers.1.self_attn.q_proj\"] ; 1",
        "\"target_modules\":[\"1.self_attn.q_proj\"] ; 1",
        "\"target_modules\":[\"proj\"] ; 0",
        "\"target_modules\":\".*\\\\.(q|k)_proj\" ; 24",
        "\"target_modules\":\"q_proj\" ; 0",
        "\"target_modules\":\"model\\\\.layers\\\\.(0|11)\\\\..*up_proj\" ; 2",
        "\"target_modules\":[\"q_proj\"],\"layers_to_transform\":[1,11] ; 2",
        "\"target_modules\":[\"q_proj\"],\"layers_to_transform\":3 ; 1",
        "\"target_modules\":[\"q_proj\"],\"layers_to_transform\":3,\"layers_pattern\":\"layers\" ; 1",
        "\"target_modules\":[\"q_proj\"],\"layers_to_transform\":3,\"layers_pattern\":[\"h\",\"layers\"] ; 1",
        "\"target_modules\":[\"q_proj\"],\"layers_to_transform\":3,\"layers_pattern\":[\"layers\",\"blocks\"] ; 1",
        "\"target_modules\":[\"q_proj\"],\"layers_to_transform\":3,\"layers_pattern\":[] ; 1",
        "\"target_modules\":[\"q_proj\"],\"layers_to_transform\":3,\"layers_pattern\":\"\" ; 1",
        "\"target_modules\":[\"model.layers.5.self_attn.q_proj\",\"v_proj\"], \"layers_to_transform\":[1] ; 2",
        "\"target_modules\":[\"q_proj\"], \"layers_to_transform\":0 ; 1",
        "\"target_modules\":[\"q_proj\"], \"layers_to_transform\":[1, 11], \"layers_pattern\":\"lay.*\" ; 2",
        "\"target_modules\":[\"q_proj\"], \"layers_to_transform\":[1, 11], \"layers_pattern\":\"(?:h|layers)\" ; 2",
        "\"target_modules\":[\"q_proj\"], \"layers_to_transform\":[1, 11], \"layers_pattern\":[\"h\",\"l[a-z]+\"] ; 2",
        "\"target_modules\":[\"q_proj\"], \"layers_to_transform\":[1, 11], \"layers_pattern\":\"blocks\" ; 0",
        "\"target_modules\":[\"q_proj\"], \"layers_to_transform\":[1, 11], \"layers_pattern\":[\"\",\"h\"] ; 0",
        "\"target_modules\":[\"q_proj\"], \"layers_to_transform\":[] ; 12",
        "\"target_modules\":\"all-linear\",\"exclude_modules\":\"all-linear\" ; 84",
        "\"target_modules\":\".*_proj\",\"exclude_modules\":\".*(?P<part>mlp).*\" ; 48",
        "\"target_modules\":\".*_proj\",\"exclude_modules\":[\"up_proj\",\"model.layers.3.mlp.gate_proj\"] ; 71",
        "\"target_modules\":\"(?i).*\\\\.Q_PROJ\" ; 12",
        "\"target_modules\":\"(?P<where>.*)\\\\.(?P<what>q|k)_proj\" ; 24",
        "\"target_modules\":\"\\\\Amodel\\\\.layers\\\\.\\\\d\\\\.mlp\\\\.up_proj\\\\Z\" ; 10",
        "\"target_modules\":\"model\\\\.layers\\\\.(?!0\\\\.)\\\\d{,1}\\\\.mlp\\\\.up_proj\" ; 9",
        "\"target_modules\":\".*[q&&k]_proj\" ; 24",
        "\"target_modules\":\"ALL-Linear\" ; 84",
        "\"target_modules\":\"all-l\u0131near\" ; 0",
        "\"target_modules\":\"((.+.+)+)+#\" ; 0",
        "\"target_modules\":[\"q_proj\"],\"lora_dropout\":NaN,\"x\":1,\"x\":2 ; 12",
      })
  void targetsAreSelectedAsPeftDoes(String settings, int count) {
    PeftConfig config = config(settings);
    long selected =
        BASE.byModule().keySet().stream()
            .filter(name -> config.selects(LoraTarget.parse(name)))
            .count();
    assertEquals(count, selected);
  }

  @Test
  void whatIsMissingHasPeftsDefaults() {
    PeftConfig config =
        PeftConfig.parse(
            "{\"peft_type\":\"LORA\",\"target_modules\":[\"q_proj\"]}".getBytes(UTF_8));
    assertEquals(8, config.rank());
    assertEquals(new BigDecimal(8), config.alpha());
    for (String bad : List.of("NaN", "Infinity", "null", "\"8\"")) {
      String json =
          "{\"peft_type\":\"LORA\",\"target_modules\":[\"q_proj\"],\"lora_alpha\":" + bad + "}";
      FormatException e =
          assertThrows(FormatException.class, () -> PeftConfig.parse(json.getBytes(UTF_8)));
      assertTrue(e.description().contains("lora_alpha"), e.description());
    }
  }

  @Test
  void patternsGiveRankAlphaAndScaling() {
    PeftConfig config =
        config(
            "\"target_modules\":[\"q_proj\",\"v_proj\"],"
                + "\"rank_pattern\":{\"layers.1.self_attn.q_proj\":4,\"q_proj\":2,\"v_.*\":3},"
                + "\"alpha_pattern\":{\"^model.layers.0.self_attn.q_proj\":2.5}");
    assertEquals(4, config.rankOf("model.layers.1.self_attn.q_proj"));
    assertEquals(2, config.rankOf("model.layers.11.self_attn.q_proj"));
    assertEquals(3, config.rankOf("model.layers.0.self_attn.v_proj"));
    assertEquals(8, config.rankOf("model.layers.0.self_attn.k_proj"));
    assertEquals(new BigDecimal("2.5"), config.alphaOf("model.layers.0.self_attn.q_proj"));
    assertEquals(16, config.alphaOf("model.layers.1.self_attn.q_proj").intValueExact());
    assertEquals(0.5, PeftConfig.scaling(new BigDecimal(8), 16, false));
    assertEquals(2, PeftConfig.scaling(new BigDecimal(8), 16, true));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"use_dora\":true",
        "\"modules_to_save\":[\"lm_head\"]",
        "\"bias\":\"all\"",
        "\"fan_in_fan_out\":true",
        "\"lora_bias\":true",
        "\"layer_replication\":[[0,4]]",
        "\"init_lora_weights\":\"pissa_niter_16\"",
        "\"trainable_token_indices\":[1]",
        "\"target_parameters\":[\"a\"]",
        "\"kasa_config\":{}",
        "\"monteclora_config\":{\"num_samples\":8}",
        "\"use_bdlora\":{\"nblocks\":2}",
        "\"arrow_config\":{}",
        "\"alora_invocation_tokens\":[]",
        "\"megatron_config\":{\"a\":1}",
        "\"use_qalora\":true",
        "\"ensure_weight_tying\":true",
        "\"init_lora_weights\":\"lora_ga\"",
        "\"bias\":\"lora_only\"",
      })
  void whatWouldChangeTheResultIsRefusedByName(String setting) {
    FormatException e =
        assertThrows(
            FormatException.class, () -> config(setting + ",\"target_modules\":[\"q_proj\"]"));
    assertEquals("peft.unsupported", e.code());
    assertTrue(e.description().contains(setting.split("\"")[1]), e.description());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"peft_type\":\"IA3\"}",
        "{\"peft_type\":\"LORA\",\"r\":8,\"lora_alpha\":1}",
        "{\"peft_type\":\"LORA\",\"r\":0,\"lora_alpha\":1,\"target_modules\":[\"q_proj\"]}",
        "{\"peft_type\":\"LORA\",\"r\":8.5,\"lora_alpha\":1,\"target_modules\":[\"q_proj\"]}",
        "{\"peft_type\":\"LORA\",\"r\":8,\"lora_alpha\":\"1\",\"target_modules\":[\"q_proj\"]}",
        "{\"peft_type\":\"LORA\",\"r\":8,\"lora_alpha\":1,\"target_modules\":[]}",
        "{\"peft_type\":\"LORA\",\"r\":8,\"lora_alpha\":1,\"target_modules\":[7]}",
        "{\"peft_type\":\"LORA\",\"r\":8,\"lora_alpha\":1,\"target_modules\":\"(\"}",
        "{\"peft_type\":\"LORA\",\"r\":8,\"r\":8,\"lora_alpha\":1,\"target_modules\":[\"q_proj\"]}",
        "{\"peft_type\":\"LORA\",\"r\":8,\"lora_alpha\":0,\"target_modules\":[\"q_proj\"]}",
        "{\"peft_type\":\"LORA\",\"r\":8,\"lora_alpha\":5e5555555555}",
        "{\"peft_type\":\"LORA\",\"r\":8,\"lora_alpha\":5e555555555,\"target_modules\":[\"q_proj\"]}",
        "[]",
        "",
        "nonsense",
      })
  void malformedConfigurationsAreTypedErrors(String json) {
    FormatException e =
        assertThrows(FormatException.class, () -> PeftConfig.parse(json.getBytes(UTF_8)));
    assertTrue(e.code().startsWith("peft."), e.code());
  }

  /** As PEFT's get_pattern_key says: the key is put into an expression as it is. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "(?P<x>q|k)_proj ; true",
        "self_attn.* ; true",
        "(?i:Q_PROJ) ; true",
        "q_proj\\\\Z ; true",
        "^model.layers.1.self_attn.q_proj ; true",
        "\\ud83d ; false",
        "l)|(model ; true",
        "layers.1 ; false",
        "^self_attn.q_proj ; false",
        "q_pro ; false",
      })
  void keysOfPatternsAreExpressionsOfPython(String key, boolean found) {
    PeftConfig config =
        config("\"target_modules\":[\"q_proj\"],\"rank_pattern\":{\"" + key + "\":3}");
    assertEquals(found ? 3 : 8, config.rankOf("model.layers.1.self_attn.q_proj"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "\"target_modules\":\"(?P<x>q)(?P=x)\" ; target_modules has a reference to a group, '(?P=x)'",
        "\"target_modules\":[\"q\"],\"exclude_modules\":\"a*+\" ; exclude_modules has a possessive",
        "\"target_modules\":[\"q\"],\"rank_pattern\":{\"(?>a)\":1} ; rank_pattern has an atomic group",
        "\"target_modules\":[\"q\"],\"alpha_pattern\":{\"(?i)a\":1} ; alpha_pattern is no regular",
        "\"target_modules\":[\"q\"],\"layers_to_transform\":1,\"layers_pattern\":\"a|b\" ; layers_pattern",
        "\"target_modules\":[\"q\"],\"layers_to_transform\":1,\"layers_pattern\":[\"(a)\"] ; layers_pattern",
        "\"target_modules\":[\"q\"],\"layers_pattern\":\"layers\" ; layers_pattern needs layers_to_transform",
        "\"target_modules\":\"q\",\"layers_to_transform\":1 ; layers_to_transform cannot go with a text",
        "\"target_modules\":[\"q\"],\"init_lora_weights\":true,\"init_lora_weights\":\"pissa\" ; init_lora",
      })
  void whatCannotBeFollowedIsRefusedByNameAndConstruct(String settings, String message) {
    FormatException e = assertThrows(FormatException.class, () -> config(settings));
    assertTrue(e.code().equals("peft.pattern") || e.code().equals("peft.config"), e.code());
    assertTrue(e.description().contains("adapter_config.json: " + message), e.description());
  }

  private static Map<String, TensorInfo> tensors(String... names) {
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    for (String name : names) {
      List<Long> shape = name.contains("lora_A") ? List.of(8L, 16L) : List.of(24L, 8L);
      tensors.put(name, new TensorInfo(name, DType.F32, shape, 0, 512));
    }
    return tensors;
  }

  private static final String Q0 = "base_model.model.model.layers.0.self_attn.q_proj";

  @Test
  void resolvesNamesWithAndWithoutTheAdaptersName() {
    PeftConfig config = config("\"target_modules\":[\"q_proj\"],\"layers_to_transform\":[0]");
    for (String suffix : List.of("", ".default")) {
      PeftAdapter adapter =
          PeftAdapter.resolve(
              config,
              tensors(Q0 + ".lora_A" + suffix + ".weight", Q0 + ".lora_B" + suffix + ".weight"),
              BASE);
      assertEquals(1, adapter.modules().size());
      LoraModule module = adapter.modules().get(0);
      assertEquals("model.layers.0.self_attn.q_proj", module.name());
      assertEquals("model.layers.0.qkv", module.target().group());
      assertEquals(8 * 40, adapter.parameters());
      assertEquals(2, module.scaling());
    }
  }

  @Test
  void everyMismatchHasItsCode() {
    String settings = "\"target_modules\":[\"q_proj\"],\"layers_to_transform\":[0]";
    Map<String, TensorInfo> good = tensors(Q0 + ".lora_A.weight", Q0 + ".lora_B.weight");
    assertCode("peft.no_target", "\"target_modules\":[\"nothing\"]", Map.of());
    assertCode("peft.tensor_missing", settings, tensors(Q0 + ".lora_A.weight"));
    assertCode("peft.tensor_missing", settings, Map.of());
    for (String extra :
        List.of(
            "base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight",
            "base_model.model.model.layers.99.self_attn.q_proj.lora_A.weight",
            "base_model.model.lm_head.lora_A.weight",
            "base_model.model.model.embed_tokens.lora_embedding_A",
            Q0 + ".lora_magnitude_vector.weight",
            Q0 + ".lora_A.default.weight",
            Q0 + ".lora_B.bias")) {
      Map<String, TensorInfo> more = new LinkedHashMap<>(good);
      more.putAll(tensors(extra));
      assertCode("peft.tensor_unknown", settings, more);
    }
    Map<String, TensorInfo> shape = new LinkedHashMap<>(good);
    String b = Q0 + ".lora_B.weight";
    shape.put(b, new TensorInfo(b, DType.F32, List.of(8L, 24L), 0, 768));
    assertCode("peft.tensor_shape", settings, shape);
    for (DType type : List.of(DType.F64, DType.I8, DType.F16)) {
      Map<String, TensorInfo> typed = new LinkedHashMap<>(good);
      typed.put(b, new TensorInfo(b, type, List.of(24L, 8L), 0, 192L * type.bytes()));
      assertCode("peft.tensor_dtype", settings, typed);
    }
  }

  private static void assertCode(String code, String settings, Map<String, TensorInfo> tensors) {
    FormatException e =
        assertThrows(
            FormatException.class, () -> PeftAdapter.resolve(config(settings), tensors, BASE));
    assertEquals(code, e.code(), e.description());
  }
}
