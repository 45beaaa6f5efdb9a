package dev.tensafe.batching.sample;

import dev.tensafe.batching.EngineException;
import dev.tensafe.nativelib.logits.LogitScan;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the next token of a sequence from its logits. The result depends on the logits, the
 * parameters, the sequence's own tokens and mask, and its position only. Confined to one thread.
 */
public final class Sampler {
  private final LogitScan scan;
  private final TokenDraw draw;
  private final LogProbabilities logProbabilities;
  private final AdjustedRow adjusted = new AdjustedRow();
  private final int[] occurrences;

  public Sampler(int vocabSize) {
    this.scan = new LogitScan(vocabSize);
    this.draw = new TokenDraw(scan);
    this.logProbabilities = new LogProbabilities(scan);
    this.occurrences = new int[vocabSize];
  }

  /** The choice, with log-probabilities when they were asked for. */
  public record Choice(int token, @Nullable TokenLogprob logprob) {}

  /**
   * Chooses a token.
   *
   * @param logits {@code [vocab]}, a direct buffer in the machine's byte order; penalties and masks
   *     are put in while the token is chosen, then they are as before
   * @param tokens prompt and output so far; the first {@code count} entries
   * @param promptLength how many of them are prompt
   * @param mask the sequence's own; its state is not changed
   * @throws EngineException {@code engine.numerics} when the logits are not numbers, {@code
   *     engine.no_token_fits} when the mask leaves none
   */
  public Choice sample(
      FloatBuffer logits,
      int[] tokens,
      int count,
      int promptLength,
      SamplingParams params,
      LogitMask mask) {
    int token = token(logits, tokens, count, promptLength, params, mask);
    return new Choice(
        token,
        params.topLogprobs() < 0 ? null : logProbabilities.of(logits, token, params.topLogprobs()));
  }

  /** As {@link #sample}, the token alone. */
  public int token(
      FloatBuffer logits,
      int[] tokens,
      int count,
      int promptLength,
      SamplingParams params,
      LogitMask mask) {
    adjusted.over(logits);
    try {
      if (params.penalises()) {
        penalise(tokens, count, promptLength, params);
      }
      if (mask.active()) {
        mask.apply(adjusted);
      }
      return choose(adjusted.logits(), count, params, mask);
    } finally {
      adjusted.restore();
    }
  }

  private int choose(FloatBuffer logits, int position, SamplingParams params, LogitMask mask) {
    int best = scan.mostLikely(logits);
    if (best < 0) {
      throw mask.active() && nothingLeft(logits) ? noTokenFits() : notNumbers();
    }
    return params.temperature() == 0
        ? best
        : draw.draw(
            logits, logits.get(best), params, RandomStream.uniform(params.seed(), position));
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
      double logit = adjusted.get(id);
      if (repetition != 1) {
        logit = logit > 0 ? logit / repetition : logit * repetition;
      }
      if (times > 0) {
        logit -= params.presencePenalty() + params.frequencyPenalty() * times;
      }
      adjusted.set(id, (float) logit);
    }
    for (int i = 0; i < count; i++) {
      occurrences[tokens[i]] = 0;
    }
  }

  /** The id of the greatest logit of a row whose logits are numbers. */
  static int mostLikely(LogitScan scan, FloatBuffer logits) {
    int best = scan.mostLikely(logits);
    if (best < 0) {
      throw notNumbers();
    }
    return best;
  }

  private static boolean nothingLeft(FloatBuffer logits) {
    for (int token = 0; token < logits.limit(); token++) {
      if (logits.get(token) != Float.NEGATIVE_INFINITY) {
        return false;
      }
    }
    return true;
  }

  private static EngineException noTokenFits() {
    return new EngineException(
        EngineException.Kind.INVALID,
        "engine.no_token_fits",
        "what was asked for leaves no token to choose from");
  }

  private static EngineException notNumbers() {
    return new EngineException(
        EngineException.Kind.FAILED, "engine.numerics", "the model's logits are not finite");
  }
}
