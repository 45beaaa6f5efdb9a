package dev.tensafe.batching.sample;

import java.util.List;

/**
 * A token with its log-probability under the model's own distribution (before penalties and
 * temperature).
 *
 * @param top most likely tokens, best first; empty when none were asked for
 */
public record TokenLogprob(int token, double logprob, List<Alternative> top) {
  public TokenLogprob {
    top = List.copyOf(top);
  }

  /** One of the most likely tokens. */
  public record Alternative(int token, double logprob) {}
}
