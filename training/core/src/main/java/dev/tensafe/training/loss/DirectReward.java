package dev.tensafe.training.loss;

import java.util.List;
import java.util.Map;

/**
 * Direct reward optimisation (Richemond et al., arXiv:2405.19107) by token: {@code −(A·logprob −
 * β/2·(logprob − logprobs)²)}.
 */
final class DirectReward extends PositionLoss {
  private static final double BETA = 0.05;

  @Override
  public String name() {
    return "dro";
  }

  @Override
  public List<LossInput> inputs() {
    return List.of(LossInput.required("logprobs"), LossInput.required("advantages"));
  }

  @Override
  public Map<String, Double> settings() {
    return Map.of("beta", BETA);
  }

  @Override
  Terms terms(Datum datum, Map<String, Double> config) {
    float[] sampled = datum.reals("logprobs", 0);
    float[] advantages = datum.reals("advantages", 0);
    double beta = config.getOrDefault("beta", BETA);
    return new Terms() {
      @Override
      public double value(int t, double logprob) {
        double away = logprob - sampled[t];
        return -(advantages[t] * logprob - 0.5 * beta * away * away);
      }

      @Override
      public double slope(int t, double logprob) {
        return -advantages[t] + beta * (logprob - sampled[t]);
      }
    };
  }
}
