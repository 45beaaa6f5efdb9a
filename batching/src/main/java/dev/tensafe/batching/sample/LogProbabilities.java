package dev.tensafe.batching.sample;

import java.util.ArrayList;
import java.util.List;

/** Log-softmax over one row of logits, and its largest entries. */
public final class LogProbabilities {
  private LogProbabilities() {}

  /** log Σ exp(logit), computed around the maximum. */
  static double logSum(float[] logits) {
    float max = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      if (logit > max - 40) {
        sum += Math.exp(logit - (double) max);
      }
    }
    return max + Math.log(sum);
  }

  /**
   * The token's log-probability with the {@code top} most likely tokens.
   *
   * @param logits {@code [vocab]}, unchanged
   */
  public static TokenLogprob of(float[] logits, int token, int top) {
    double logSum = logSum(logits);
    int[] best = new int[Math.min(top, logits.length)];
    int count = 0;
    for (int i = 0; i < logits.length && best.length > 0; i++) {
      if (count == best.length && !(logits[i] > logits[best[count - 1]])) {
        continue;
      }
      int at = count < best.length ? count++ : count - 1;
      while (at > 0 && logits[i] > logits[best[at - 1]]) {
        best[at] = best[at - 1];
        at--;
      }
      best[at] = i;
    }
    List<TokenLogprob.Alternative> alternatives = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      alternatives.add(new TokenLogprob.Alternative(best[i], logits[best[i]] - logSum));
    }
    return new TokenLogprob(token, logits[token] - logSum, alternatives);
  }
}
