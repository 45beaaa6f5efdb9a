package dev.tensafe.training.torch;

import java.util.List;
import java.util.Random;

/**
 * Initial weights of a model that is trained from nothing: norms 1, biases 0, matrices normal with
 * standard deviation 0.02, those that write to the residual stream divided by √(2·layers) (Radford
 * et al., "Language Models are Unsupervised Multitask Learners", 2.3).
 */
public final class RandomWeights implements WeightSource {
  private static final double DEVIATION = 0.02;

  private final int layers;
  private final Random random;

  /** The same seed gives the same weights, if they are asked for in the same order. */
  public RandomWeights(int layers, long seed) {
    this.layers = layers;
    this.random = new Random(seed);
  }

  @Override
  public float[] values(String name, List<Long> shape) {
    long count = shape.stream().reduce(1L, Math::multiplyExact);
    float[] out = new float[Math.toIntExact(count)];
    if (name.endsWith(".bias")) {
      return out;
    }
    boolean norm = shape.size() == 1;
    boolean residual = name.endsWith("o_proj.weight") || name.endsWith("down_proj.weight");
    double scale = residual ? DEVIATION / Math.sqrt(2.0 * layers) : DEVIATION;
    for (int i = 0; i < out.length; i++) {
      out[i] = norm ? 1 : (float) (scale * random.nextGaussian());
    }
    return out;
  }
}
