package dev.tensafe.batching.sample;

import dev.tensafe.batching.EngineException;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the next token of a sequence from its logits. The result depends on the logits, the
 * parameters, the sequence's own tokens and mask, and its position only. Confined to one thread.
 */
public final class Sampler {
  private final float[] scratch;
  private final int[] occurrences;
  private final Candidates candidates;

  public Sampler(int vocabSize) {
    this.scratch = new float[vocabSize];
    this.occurrences = new int[vocabSize];
    this.candidates = new Candidates(vocabSize);
  }

  /** The choice, with log-probabilities when they were asked for. */
  public record Choice(int token, @Nullable TokenLogprob logprob) {}

  /**
   * Chooses a token.
   *
   * @param logits {@code [vocab]}, unchanged
   * @param tokens prompt and output so far; the first {@code count} entries
   * @param promptLength how many of them are prompt
   * @param mask the sequence's own; its state is not changed
   * @throws EngineException {@code engine.numerics} when the logits are not numbers
   */
  public Choice sample(
      float[] logits,
      int[] tokens,
      int count,
      int promptLength,
      SamplingParams params,
      LogitMask mask) {
    float[] adjusted = adjust(logits, tokens, count, promptLength, params, mask);
    int best = argmax(adjusted);
    int token =
        params.temperature() == 0
            ? best
            : candidates.draw(
                adjusted, adjusted[best], params, RandomStream.uniform(params.seed(), count));
    return new Choice(
        token,
        params.topLogprobs() < 0 ? null : LogProbabilities.of(logits, token, params.topLogprobs()));
  }

  private float[] adjust(
      float[] logits,
      int[] tokens,
      int count,
      int promptLength,
      SamplingParams params,
      LogitMask mask) {
    if (!params.penalises() && !mask.active()) {
      return logits;
    }
    System.arraycopy(logits, 0, scratch, 0, logits.length);
    if (params.penalises()) {
      penalise(tokens, count, promptLength, params);
    }
    if (mask.active()) {
      mask.apply(scratch);
    }
    return scratch;
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
      throw new EngineException(
          EngineException.Kind.FAILED, "engine.numerics", "the model's logits are not finite");
    }
    return best;
  }
}
