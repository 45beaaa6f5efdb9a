package dev.tensafe.batching.draft;

import dev.tensafe.batching.sample.LogitMask;
import dev.tensafe.batching.sample.SamplingParams;

/**
 * A sequence whose next tokens are to be guessed.
 *
 * @param sequence the engine's id
 * @param tokens prompt and output so far: the first {@code count} entries; not to be changed or
 *     kept
 * @param count how many tokens it has, at least 1
 * @param promptLength how many of them are prompt
 * @param limit tokens to guess at most; at least 1
 * @param params how its tokens are drawn: a guess is right when it is the token that will be drawn
 * @param mask what its tokens are drawn under; whoever accepts guesses there takes them back
 */
public record DraftRequest(
    long sequence,
    int[] tokens,
    int count,
    int promptLength,
    int limit,
    SamplingParams params,
    LogitMask mask) {
  /** Sizes only: the tokens are secret. */
  @Override
  public String toString() {
    return "DraftRequest[" + sequence + ", " + count + " tokens]";
  }
}
