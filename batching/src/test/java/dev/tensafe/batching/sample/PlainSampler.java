package dev.tensafe.batching.sample;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The oracle of {@link Sampler}: copies the row, changes the copy, and adds everything up in the
 * order of ids.
 */
final class PlainSampler {
  private final float[] scratch;
  private final int[] occurrences;
  private final PlainCandidates candidates;

  PlainSampler(int vocabSize) {
    this.scratch = new float[vocabSize];
    this.occurrences = new int[vocabSize];
    this.candidates = new PlainCandidates(vocabSize);
  }

  /**
   * The token, or -1 when the logits are not numbers.
   *
   * @param forbidden ids that a minimum of tokens forbids
   */
  int sample(
      float[] logits,
      int[] tokens,
      int count,
      int promptLength,
      SamplingParams params,
      Set<Integer> forbidden) {
    System.arraycopy(logits, 0, scratch, 0, logits.length);
    penalise(tokens, count, promptLength, params);
    params.logitBias().forEach((token, bias) -> scratch[token] += bias);
    forbidden.forEach(token -> scratch[token] = Float.NEGATIVE_INFINITY);
    int best = argmax(scratch);
    return best < 0 || params.temperature() == 0
        ? best
        : candidates.draw(
            scratch, scratch[best], params, RandomStream.uniform(params.seed(), count));
  }

  /** log Σ exp(logit), computed around the maximum. */
  static double logSum(float[] logits) {
    float max = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      if ((double) max - logit < 40) {
        sum += Math.exp(logit - (double) max);
      }
    }
    return max + Math.log(sum);
  }

  static TokenLogprob of(float[] logits, int token, int top) {
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

  private void penalise(int[] tokens, int count, int promptLength, SamplingParams params) {
    double repetition = params.repetitionPenalty();
    // the first visit of each id is marked in its sign bit, so every id is penalised once
    for (int i = 0; i < count; i++) {
      occurrences[tokens[i]] += i >= promptLength ? 1 : 0;
    }
    for (int i = 0; i < count; i++) {
      int id = tokens[i];
      int times = occurrences[id];
      if (times < 0) {
        continue;
      }
      occurrences[id] = ~times;
      double logit = scratch[id];
      if (repetition != 1) {
        logit = logit > 0 ? logit / repetition : logit * repetition;
      }
      if (times > 0) {
        logit -= params.presencePenalty() + params.frequencyPenalty() * times;
      }
      scratch[id] = (float) logit;
    }
    for (int i = 0; i < count; i++) {
      occurrences[tokens[i]] = 0;
    }
  }

  private static int argmax(float[] logits) {
    int best = -1;
    float max = Float.NEGATIVE_INFINITY;
    boolean numbers = true;
    for (int i = 0; i < logits.length; i++) {
      float logit = logits[i];
      numbers &= !Float.isNaN(logit);
      if (logit > max) {
        max = logit;
        best = i;
      }
    }
    if (!numbers || best < 0 || max == Float.POSITIVE_INFINITY) {
      return -1;
    }
    return best;
  }
}
