package dev.tensafe.batching.engine;

import static java.util.Objects.requireNonNull;

import dev.tensafe.batching.draft.DraftPolicy;
import dev.tensafe.batching.draft.Drafter;

/**
 * How an engine guesses ahead (Leviathan et al., arXiv:2211.17192). Guesses run behind a sequence's
 * last token in one step; each that turns out to be the token drawn saves a step. Since a draw
 * depends on logits, seed and position alone, outputs are the same as without.
 *
 * @param drafter guesses; closed by the engine
 * @param policy decides how much
 */
public record Speculation(Drafter drafter, DraftPolicy policy) {
  public Speculation {
    requireNonNull(drafter, "drafter is null");
    requireNonNull(policy, "policy is null");
  }
}
