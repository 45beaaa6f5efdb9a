package dev.tensafe.model.shape;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;

/** Values computed in Python from the formulas of transformers/modeling_rope_utils.py. */
class RotaryEmbeddingTest {
  private static void check(RopeConfig config, int position, int prompt, double... cosines) {
    RotaryEmbedding rotary = new RotaryEmbedding(config, 8);
    FloatBuffer cos = FloatBuffer.allocate(4);
    FloatBuffer sin = FloatBuffer.allocate(4);
    rotary.put(position, prompt, cos, sin);
    for (int i = 0; i < 4; i++) {
      assertEquals(cosines[i], cos.get(i), 2e-6, config + " angle " + i);
    }
  }

  @Test
  void everyScalingFollowsItsFormula() {
    check(
        new RopeConfig.Llama3(500_000, 8, 1, 4, 64),
        5,
        9,
        0.28366218546322625,
        0.9997237991290224,
        0.9999996093750254,
        0.9999999994475728);
    check(
        new RopeConfig.Yarn(10_000, 4, 32, 32, 1, 0.1 * Math.log(4) + 1, true),
        5,
        9,
        0.3229861142802878,
        1.1297454703489618,
        1.1385404818455607,
        1.1386285465578578);
    check(
        new RopeConfig.Linear(10_000, 2),
        5,
        9,
        -0.8011436155469337,
        0.9689124217106447,
        0.9996875162757026,
        0.9999968750016276);
    check(
        new RopeConfig.Dynamic(10_000, 2, 20),
        5,
        40,
        0.28366218546322625,
        0.9405057379127977,
        0.9997111133793388,
        0.9999986111114326);
    check(
        new RopeConfig.Dynamic(10_000, 2, 20),
        40,
        40,
        -0.6669380616522619,
        -0.9217231918465015,
        0.9823534581650064,
        0.9999167545368873);
  }
}
