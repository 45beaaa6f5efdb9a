package dev.tensafe.model.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.ModelException;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelConfigReaderTest {
  private static ModelConfig parse(String overrides) throws IOException {
    ObjectNode config = SyntheticModel.llama(64, 128, 4, 4, 2, 300, 128);
    config.setAll((ObjectNode) new ObjectMapper().readTree(overrides.replace('\'', '"')));
    return ModelConfigReader.parse(config, vocabSize -> Set.of(2));
  }

  @Test
  void architecturesDifferWhereTheyDo() throws IOException {
    ModelConfig llama = parse("{'attention_bias':true}");
    assertTrue(llama.attentionBias() && llama.outputBias() && !llama.queryKeyNorm());
    ModelConfig qwen2 =
        parse(
            "{'architectures':['Qwen2ForCausalLM'],'use_sliding_window':true,'sliding_window':9,"
                + "'max_window_layers':3}");
    assertTrue(qwen2.attentionBias() && !qwen2.outputBias());
    assertEquals(List.of(0, 0, 0, 9), qwen2.windows());
    ModelConfig off = parse("{'architectures':['Qwen2ForCausalLM'],'sliding_window':9}");
    assertEquals(0, off.window());
    ModelConfig mistral =
        parse("{'architectures':['MistralForCausalLM'],'sliding_window':7,'attention_bias':true}");
    assertEquals(List.of(7, 7, 7, 7), mistral.windows());
    assertTrue(!mistral.attentionBias());
    assertTrue(parse("{'architectures':['Qwen3ForCausalLM'],'head_dim':32}").queryKeyNorm());
    assertEquals(16, parse("{'head_dim':null}").headDim());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model.architecture|GPT2LMHeadModel|{'architectures':['GPT2LMHeadModel']}",
        "model.config|architectures|{'architectures':[]}",
        "model.rope|longrope|{'rope_scaling':{'rope_type':'longrope','factor':2}}",
        "model.config|factor|{'rope_scaling':{'rope_type':'linear'}}",
        "model.config|rope_type|{'rope_scaling':{'rope_type':5}}",
        "model.config|rope_scaling|{'rope_scaling':[2]}",
        "model.config|full_attention|{'rope_parameters':{'full_attention':{'rope_theta':5}}}",
        "model.config|factor|{'rope_scaling':{'type':'linear','factor':1e30}}",
        "model.config|factor|{'rope_scaling':{'type':'linear','factor':1e300}}",
        "model.rope|finite|{'rope_theta':1e-45}",
        "model.config|hidden_act|{'hidden_act':7}",
        "model.config|high_freq_factor|{'rope_scaling':{'rope_type':'llama3','factor':2,'low_freq_factor':4,'high_freq_factor':1}}",
        "model.config|partial_rotary_factor|{'partial_rotary_factor':0.5}",
        "model.config|hidden_act|{'hidden_act':'gelu'}",
        "model.config|quantization_config|{'quantization_config':{'quant_method':'awq'}}",
        "model.config|num_hidden_layers|{'num_hidden_layers':0}",
        "model.config|num_hidden_layers|{'num_hidden_layers':2.5}",
        "model.config|vocab_size|{'vocab_size':null}",
        "model.config|num_key_value_heads|{'num_key_value_heads':3}",
        "model.config|head_dim|{'head_dim':7}",
        "model.config|rms_norm_eps|{'rms_norm_eps':-1}",
        "model.config|attention_bias|{'attention_bias':'yes'}",
      })
  void whatIsNotKnownIsNamedNotGuessed(String code, String named, String overrides) {
    ModelException e = assertThrows(ModelException.class, () -> parse(overrides));
    assertEquals(code, e.code());
    assertTrue(e.description().contains(named), e.description());
  }
}
