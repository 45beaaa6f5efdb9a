package dev.tensafe.batching.engine;

import static java.util.Objects.requireNonNull;

import dev.tensafe.batching.sample.TokenLogprob;
import java.util.List;

/**
 * What a sequence has generated since its listener last heard of it.
 *
 * @param tokens generated tokens, one or more, an end token included
 * @param text text that became certain; may be empty, and may belong to earlier tokens
 * @param logprobs of tokens that are part of the text; empty when not asked for
 */
public record Output(List<Integer> tokens, String text, List<TokenLogprob> logprobs) {
  public Output {
    tokens = List.copyOf(tokens);
    requireNonNull(text, "text is null");
    logprobs = List.copyOf(logprobs);
    if (tokens.isEmpty()) {
      throw new IllegalArgumentException("an output has at least one token");
    }
  }

  /** Generated tokens: what usage and metrics count. */
  public int count() {
    return tokens.size();
  }

  /** Sizes only: what a model says is as secret as what it was asked. */
  @Override
  public String toString() {
    return "Output[" + count() + " tokens]";
  }
}
