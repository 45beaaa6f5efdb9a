package dev.tensafe.batching.draft;

import dev.tensafe.batching.sample.SamplingParams;

/**
 * A sequence whose next tokens are to be guessed.
 *
 * @param sequence the engine's id
 * @param tokens prompt and output so far: the first {@code count} entries; not to be changed or
 *     kept
 * @param count how many tokens it has, at least 1
 * @param limit tokens to guess at most; at least 1
 * @param params how its tokens are drawn: a guess is right when it is the token that will be drawn
 */
public record DraftRequest(
    long sequence, int[] tokens, int count, int limit, SamplingParams params) {
  /** Sizes only: the tokens are secret. */
  @Override
  public String toString() {
    return "DraftRequest[" + sequence + ", " + count + " tokens]";
  }
}
