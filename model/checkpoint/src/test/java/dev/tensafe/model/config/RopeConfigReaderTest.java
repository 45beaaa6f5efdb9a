package dev.tensafe.model.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.PythonJson;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.RotaryEmbedding;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * From the settings of a file to angles. The inverse frequencies were computed in Python, from the
 * formulas of modeling_rope_utils.py in Transformers 5.18, for heads of 16 numbers.
 */
class RopeConfigReaderTest {
  private static ModelConfig parse(String overrides) {
    ObjectNode config = SyntheticModel.llama(64, 128, 4, 4, 2, 300, 128);
    byte[] bytes = overrides.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    config.setAll((ObjectNode) PythonJson.parseObject(bytes, "config.json", "model"));
    return ModelConfigReader.parse(config, vocabSize -> Set.of(2));
  }

  private static final String DEFAULT =
      "1,0.316227766,0.1,0.0316227766,0.01,0.00316227766,0.001,0.000316227766";
  private static final String LARGE =
      "1,0.193922745,0.0376060309,0.00729266474,0.00141421356,0.000274248176,5.3182959e-05,"
          + "1.03133854e-05";
  private static final String LINEAR =
      "0.25,0.0790569415,0.025,0.00790569415,0.0025,0.000790569415,0.00025,7.90569415e-05";
  private static final String YARN =
      "1,0.237170825,0.05,0.00790569415,0.0025,0.000790569415,0.00025,7.90569415e-05";
  private static final String UNROUNDED =
      "1,0.225637479,0.042705672,0.00790569415,0.0025,0.000790569415,0.00025,7.90569415e-05";
  private static final String LLAMA3 =
      "1,0.244384599,0.013042256,0.00395284708,0.00125,0.000395284708,0.000125,3.95284708e-05";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        DEFAULT + "|1|{'rope_parameters':{}}",
        DEFAULT + "|1|{'rope_scaling':{},'rope_parameters':null}",
        DEFAULT + "|1|{'rope_scaling':{'factor':2}}",
        DEFAULT + "|1|{'rope_parameters':{'rope_type':null,'unread':NaN}}",
        LARGE + "|1|{'rope_parameters':{'rope_theta':500000}}",
        LARGE + "|1|{'rope_parameters':{'rope_type':'default'},'rope_theta':500000}",
        LINEAR + "|1|{'rope_scaling':{'type':'linear','factor':4}}",
        LINEAR + "|1|{'rope_scaling':{'type':'dynamic','rope_type':'linear','factor':4}}",
        // both: rope_scaling is taken, with no setting of the other
        LINEAR
            + "|1|{'rope_scaling':{'type':'linear','factor':4},"
            + "'rope_parameters':{'rope_type':'default','rope_theta':500000}}",
        LARGE + "|1|{'rope_scaling':{},'rope_parameters':{'rope_theta':500000}}",
        YARN
            + "|1.13862944|{'rope_scaling':{'rope_type':'yarn','factor':4,"
            + "'original_max_position_embeddings':128}}",
        YARN
            + "|1.13862944|{'rope_scaling':{'rope_type':'yarn','factor':4,'beta_fast':0,"
            + "'beta_slow':null,'mscale':1.5,'mscale_all_dim':0}}",
        YARN + "|1.13862944|{'rope_scaling':{'rope_type':'yarn','factor':4,'mscale':1.5}}",
        // the key of the whole configuration has priority
        YARN
            + "|1.13862944|{'rope_scaling':{'rope_type':'yarn','factor':4,"
            + "'original_max_position_embeddings':77},'original_max_position_embeddings':128}",
        UNROUNDED
            + "|1.02592865|{'rope_scaling':{'rope_type':'yarn','factor':4,'truncate':false,"
            + "'mscale':0.7,'mscale_all_dim':0.5}}",
        UNROUNDED
            + "|1.5|{'rope_scaling':{'rope_type':'yarn','factor':4,'truncate':null,"
            + "'attention_factor':1.5}}",
        LLAMA3
            + "|1|{'rope_scaling':{'rope_type':'llama3','factor':8,'low_freq_factor':1,"
            + "'high_freq_factor':4,'original_max_position_embeddings':64}}",
      })
  void frequenciesAreThoseOfTransformers(String expected, double magnitude, String settings) {
    double[] inverse =
        Arrays.stream(expected.split(",")).mapToDouble(Double::parseDouble).toArray();
    ModelConfig config = parse(settings);
    RotaryEmbedding rotary = new RotaryEmbedding(config.rope(), config.headDim());
    FloatBuffer cosines = FloatBuffer.allocate(8);
    FloatBuffer sines = FloatBuffer.allocate(8);
    rotary.put(1, 1, cosines, sines);
    for (int i = 0; i < 8; i++) {
      assertEquals(
          inverse[i], Math.atan2(sines.get(i), cosines.get(i)), 1e-6 * inverse[i], "angle " + i);
      assertEquals(magnitude, Math.hypot(sines.get(i), cosines.get(i)), 1e-6, "magnitude " + i);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "128|{}",
        "512|{'rope_scaling':{'type':'yarn','factor':4,'original_max_position_embeddings':128}}",
        "512|{'rope_scaling':{'type':'yarn','factor':4}}",
        "512|{'rope_parameters':{'rope_type':'yarn','factor':4}}",
        "512|{'rope_scaling':{'type':'yarn','factor':4,'original_max_position_embeddings':128},"
            + "'max_position_embeddings':512}",
        "512|{'rope_scaling':{'type':'yarn','original_max_position_embeddings':128},"
            + "'max_position_embeddings':512}",
        "512|{'rope_scaling':{'type':'linear','factor':4}}",
        "320|{'rope_scaling':{'type':'dynamic','factor':2.5}}",
        "512|{'rope_scaling':{'type':'linear','factor':4,'original_max_position_embeddings':128},"
            + "'max_position_embeddings':512}",
        "128|{'rope_scaling':{'type':'linear','factor':0.5}}",
        "128|{'rope_scaling':{'rope_type':'llama3','factor':8,'low_freq_factor':1,"
            + "'high_freq_factor':4,'original_max_position_embeddings':64}}",
        "128|{'rope_scaling':{'factor':2}}",
      })
  void whatScalingBuysIsUsable(int positions, String settings) {
    assertEquals(positions, parse(settings).maxPositions());
  }
}
