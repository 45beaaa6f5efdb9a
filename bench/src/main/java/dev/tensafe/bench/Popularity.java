package dev.tensafe.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Which models are asked for how often. */
public final class Popularity {
  private Popularity() {}

  /**
   * Draws models by Zipf's law.
   *
   * @param models the likeliest first
   * @param exponent the n-th is as likely as n to the power of minus this
   * @param count of draws
   */
  public static List<String> draw(List<String> models, double exponent, int count, long seed) {
    double[] upTo = new double[models.size()];
    double sum = 0;
    for (int i = 0; i < upTo.length; i++) {
      sum += Math.pow(i + 1.0, -exponent);
      upTo[i] = sum;
    }
    Random random = new Random(seed);
    List<String> drawn = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      double at = random.nextDouble() * sum;
      int index = 0;
      while (index < upTo.length - 1 && upTo[index] < at) {
        index++;
      }
      drawn.add(models.get(index));
    }
    return drawn;
  }
}
