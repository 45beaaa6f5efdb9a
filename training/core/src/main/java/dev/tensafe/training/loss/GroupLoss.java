package dev.tensafe.training.loss;

import dev.tensafe.training.TrainingException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Losses over the scores of neighbouring examples, the first of each group being the one that is
 * wanted. A score is {@code s = Σ weight·logprob} over an example's positions that count.
 */
final class GroupLoss implements TokenLoss {
  /** What is done with the scores. */
  enum Form {
    /** Of pairs: {@code max(0, margin − (s₀ − s₁))}. */
    MARGIN_RANKING,
    /**
     * Of groups: {@code −log(exp(s₀/τ) / Σⱼ exp(sⱼ/τ))} (van den Oord et al., arXiv:1807.03748).
     */
    CONTRASTIVE,
    /** Of pairs: {@code ((s₀ − s₁) − margin)²} (as in Azar et al., arXiv:2310.12036). */
    MSE
  }

  private static final String MARGIN = "margin";
  private static final String GROUP = "group_size";
  private static final String TEMPERATURE = "temperature";

  private final String name;
  private final Form form;

  GroupLoss(String name, Form form) {
    this.name = name;
    this.form = form;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Map<String, Double> settings() {
    return new TreeMap<>(
        form == Form.CONTRASTIVE ? Map.of(GROUP, 2.0, TEMPERATURE, 1.0) : Map.of(MARGIN, 1.0));
  }

  @Override
  public boolean perExample() {
    return false;
  }

  private static int group(Map<String, Double> config) {
    return config.getOrDefault(GROUP, 2.0).intValue();
  }

  @Override
  public void check(List<Datum> data, Map<String, Double> config) {
    double size = config.getOrDefault(GROUP, 2.0);
    if (size < 2 || size != Math.rint(size) || size > 1 << 20) {
      throw new TrainingException(
          "train.loss_config", GROUP + " is " + size + "; it is a whole number from 2 on");
    }
    if (config.getOrDefault(TEMPERATURE, 1.0) <= 0) {
      throw new TrainingException(
          "train.loss_config",
          TEMPERATURE + " is " + config.get(TEMPERATURE) + "; it is greater than 0");
    }
    if (data.size() % (int) size != 0) {
      throw new TrainingException(
          "train.loss_input",
          name
              + " compares each "
              + (int) size
              + " examples that follow each other; "
              + data.size()
              + " examples are no multiple of that");
    }
  }

  @Override
  public LossValue evaluate(List<Datum> data, float[][] logprobs, Map<String, Double> config) {
    double[] scores = new double[data.size()];
    for (int i = 0; i < scores.length; i++) {
      boolean[] counted = data.get(i).counted();
      float[] weights = data.get(i).reals(Datum.WEIGHTS, 1);
      for (int t = 0; t < counted.length; t++) {
        scores[i] += counted[t] ? weights[t] * (double) logprobs[i][t] : 0;
      }
    }
    double sum = 0;
    double first = 0;
    int size = group(config);
    double[] slopes = new double[scores.length];
    for (int at = 0; at < scores.length; at += size) {
      sum += of(scores, slopes, at, size, config);
      first += isFirst(scores, at, size) ? 1 : 0;
    }
    float[][] gradients = new float[scores.length][];
    for (int i = 0; i < scores.length; i++) {
      boolean[] counted = data.get(i).counted();
      float[] weights = data.get(i).reals(Datum.WEIGHTS, 1);
      gradients[i] = new float[counted.length];
      for (int t = 0; t < counted.length; t++) {
        gradients[i][t] = counted[t] ? (float) (slopes[i] * weights[t]) : 0;
      }
    }
    return new LossValue(
        sum, gradients, Map.of("groups:sum", (double) scores.length / size, "first:sum", first));
  }

  private static boolean isFirst(double[] scores, int at, int size) {
    for (int i = at + 1; i < at + size; i++) {
      if (!(scores[at] > scores[i])) {
        return false;
      }
    }
    return true;
  }

  /** The loss of the group at {@code at}; its slopes by the scores go into {@code slopes}. */
  private double of(double[] s, double[] slopes, int at, int size, Map<String, Double> config) {
    if (form == Form.CONTRASTIVE) {
      return contrast(s, slopes, at, size, config.getOrDefault(TEMPERATURE, 1.0));
    }
    double missing = config.getOrDefault(MARGIN, 1.0) - (s[at] - s[at + 1]);
    double slope = form == Form.MSE ? 2 * missing : missing > 0 ? 1 : 0;
    slopes[at] = -slope;
    slopes[at + 1] = slope;
    // a score that is no number gives a loss that is none
    return form == Form.MSE ? missing * missing : Math.max(0, missing);
  }

  private static double contrast(double[] s, double[] slopes, int at, int size, double tau) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = at; i < at + size; i++) {
      largest = Math.max(largest, s[i] / tau);
    }
    double total = 0;
    for (int i = at; i < at + size; i++) {
      total += Math.exp(s[i] / tau - largest);
    }
    for (int i = at; i < at + size; i++) {
      double share = Math.exp(s[i] / tau - largest) / total;
      slopes[i] = (i == at ? share - 1 : share) / tau;
    }
    return Math.log(total) + largest - s[at] / tau;
  }
}
