package dev.tensafe.training.loss;

import java.util.List;
import java.util.Map;

/** A loss that is a sum of one term a position, each multiplied by the position's weight. */
abstract class PositionLoss implements TokenLoss {
  /** The terms of one example. */
  interface Terms {
    /** The term of position {@code t} at a log-probability. */
    double value(int t, double logprob);

    /** Its derivative. */
    double slope(int t, double logprob);

    /** Whether it was clipped. */
    default boolean clipped(int t, double logprob) {
      return false;
    }
  }

  /** Whether positions can be clipped, and the metrics say how many were. */
  boolean clips() {
    return false;
  }

  abstract Terms terms(Datum datum, Map<String, Double> config);

  @Override
  public final LossValue evaluate(
      List<Datum> data, float[][] logprobs, Map<String, Double> config) {
    double sum = 0;
    double clipped = 0;
    float[][] gradients = new float[data.size()][];
    for (int i = 0; i < gradients.length; i++) {
      Datum datum = data.get(i);
      Terms terms = terms(datum, config);
      boolean[] counted = datum.counted();
      float[] weights = datum.reals(Datum.WEIGHTS, 1);
      gradients[i] = new float[counted.length];
      for (int t = 0; t < counted.length; t++) {
        if (counted[t]) {
          sum += weights[t] * terms.value(t, logprobs[i][t]);
          gradients[i][t] = (float) (weights[t] * terms.slope(t, logprobs[i][t]));
          clipped += terms.clipped(t, logprobs[i][t]) ? 1 : 0;
        }
      }
    }
    return new LossValue(sum, gradients, clips() ? Map.of("clipped:sum", clipped) : Map.of());
  }
}
