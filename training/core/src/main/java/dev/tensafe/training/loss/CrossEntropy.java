package dev.tensafe.training.loss;

import java.util.Map;

/** {@code −log p(target)}. A negative weight pushes a token away. */
final class CrossEntropy extends PositionLoss {
  @Override
  public String name() {
    return "cross_entropy";
  }

  @Override
  Terms terms(Datum datum, Map<String, Double> config) {
    return new Terms() {
      @Override
      public double value(int t, double logprob) {
        return -logprob;
      }

      @Override
      public double slope(int t, double logprob) {
        return -1;
      }
    };
  }
}
