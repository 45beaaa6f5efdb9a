package dev.tensafe.training.loss;

import java.util.List;
import java.util.Map;

/** A loss as a user would add one: the square of each log-probability. */
public final class SquaredForTests implements TokenLoss {
  @Override
  public String name() {
    return "squared_for_tests";
  }

  @Override
  public LossValue evaluate(List<Datum> data, float[][] logprobs, Map<String, Double> config) {
    double sum = 0;
    float[][] gradients = new float[data.size()][];
    for (int i = 0; i < gradients.length; i++) {
      boolean[] counted = data.get(i).counted();
      gradients[i] = new float[counted.length];
      for (int t = 0; t < counted.length; t++) {
        if (counted[t]) {
          sum += logprobs[i][t] * logprobs[i][t];
          gradients[i][t] = 2 * logprobs[i][t];
        }
      }
    }
    return new LossValue(sum, gradients, Map.of());
  }
}
