package dev.tensafe.training.loss;

import java.util.Map;

/**
 * A loss and its gradient.
 *
 * @param sum over all examples, not divided by anything
 * @param gradients by the log-probability of each example's positions
 * @param metrics what else there is to say, to be added up over calls
 */
public record LossValue(double sum, float[][] gradients, Map<String, Double> metrics) {
  public LossValue {
    metrics = Map.copyOf(metrics);
  }

  @Override
  public String toString() {
    return "LossValue[" + sum + ", " + gradients.length + " examples]";
  }
}
