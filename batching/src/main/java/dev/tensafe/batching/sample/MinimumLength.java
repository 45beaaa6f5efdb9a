package dev.tensafe.batching.sample;

import java.util.HashSet;
import java.util.Set;

/**
 * Forbids the tokens that would end an output until it has its minimum of tokens. Confined to one
 * thread.
 */
final class MinimumLength implements LogitMask {
  private final int[] ends;
  private final int minimum;
  private int generated;

  MinimumLength(SamplingParams params, Set<Integer> eosTokens) {
    Set<Integer> all = new HashSet<>(params.stopTokens());
    if (!params.ignoreEos()) {
      all.addAll(eosTokens);
    }
    this.ends = all.stream().mapToInt(Integer::intValue).toArray();
    this.minimum = params.minTokens();
  }

  @Override
  public boolean active() {
    return generated < minimum;
  }

  /** Ids beyond the vocabulary have no logit: nothing can choose them. */
  @Override
  public void apply(AdjustedRow logits) {
    for (int id : ends) {
      if (id >= 0 && id < logits.size()) {
        logits.set(id, Float.NEGATIVE_INFINITY);
      }
    }
  }

  @Override
  public void accept(int token) {
    generated++;
  }

  @Override
  public void rewind(int tokens) {
    if (tokens < 0 || tokens > generated) {
      throw new IllegalArgumentException(tokens + " of " + generated + " tokens cannot be dropped");
    }
    generated -= tokens;
  }
}
