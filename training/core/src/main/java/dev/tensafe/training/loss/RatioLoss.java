package dev.tensafe.training.loss;

import java.util.List;
import java.util.Map;

/**
 * Losses over the ratio of the probabilities now and when the tokens were sampled, {@code r =
 * exp(logprob − logprobs)}, and an advantage {@code A} for each position.
 */
final class RatioLoss extends PositionLoss {
  /** What is done with the ratio. */
  enum Form {
    /** {@code −r·A}. */
    IMPORTANCE_SAMPLING,
    /** {@code −min(r·A, clip(r)·A)} (Schulman et al., arXiv:1707.06347, equation 7). */
    PPO,
    /** {@code −clip(r)·A·logprob}, the clipped ratio being a constant (arXiv:2506.13585). */
    CISPO
  }

  private static final String LOW = "clip_low_threshold";
  private static final String HIGH = "clip_high_threshold";

  private final String name;
  private final Form form;

  RatioLoss(String name, Form form) {
    this.name = name;
    this.form = form;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<LossInput> inputs() {
    List<LossInput> both =
        List.of(LossInput.required("logprobs"), LossInput.required("advantages"));
    return clips()
        ? List.of(both.get(0), both.get(1), LossInput.optional(LOW), LossInput.optional(HIGH))
        : both;
  }

  @Override
  public Map<String, Double> settings() {
    return clips() ? Map.of(LOW, 0.8, HIGH, 1.2) : Map.of();
  }

  @Override
  boolean clips() {
    return form != Form.IMPORTANCE_SAMPLING;
  }

  @Override
  Terms terms(Datum datum, Map<String, Double> config) {
    float[] sampled = datum.reals("logprobs", 0);
    float[] advantages = datum.reals("advantages", 0);
    float[] low = datum.reals(LOW, config.getOrDefault(LOW, 0.0).floatValue());
    float[] high =
        datum.reals(HIGH, config.getOrDefault(HIGH, Double.POSITIVE_INFINITY).floatValue());
    return new Terms() {
      private double ratio(int t, double logprob) {
        return Math.exp(logprob - sampled[t]);
      }

      private double bounded(int t, double logprob) {
        return Math.min(Math.max(ratio(t, logprob), low[t]), high[t]);
      }

      @Override
      public boolean clipped(int t, double logprob) {
        return clips() && bounded(t, logprob) != ratio(t, logprob);
      }

      @Override
      public double value(int t, double logprob) {
        double free = ratio(t, logprob) * advantages[t];
        double bounded = bounded(t, logprob) * advantages[t];
        return switch (form) {
          case IMPORTANCE_SAMPLING -> -free;
          case PPO -> -Math.min(free, bounded);
          case CISPO -> -bounded * logprob;
        };
      }

      @Override
      public double slope(int t, double logprob) {
        double free = ratio(t, logprob) * advantages[t];
        double bounded = bounded(t, logprob) * advantages[t];
        return switch (form) {
          case IMPORTANCE_SAMPLING -> -free;
          case PPO -> free <= bounded ? -free : 0;
          case CISPO -> -bounded;
        };
      }
    };
  }
}
