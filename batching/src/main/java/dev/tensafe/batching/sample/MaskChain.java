package dev.tensafe.batching.sample;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Several masks as one, applied in order. Confined to one thread. */
public final class MaskChain implements LogitMask {
  private final List<LogitMask> masks;

  MaskChain(List<LogitMask> masks) {
    this.masks = List.copyOf(masks);
  }

  /**
   * What a request's parameters forbid or favour: its biases, then end tokens before its minimum of
   * tokens.
   *
   * @param eosTokens the model's own end tokens
   */
  public static LogitMask of(SamplingParams params, Set<Integer> eosTokens) {
    List<LogitMask> masks = new ArrayList<>(2);
    if (!params.logitBias().isEmpty()) {
      masks.add(new LogitBias(params.logitBias()));
    }
    if (params.minTokens() > 0) {
      masks.add(new MinimumLength(params, eosTokens));
    }
    return masks.isEmpty() ? NONE : masks.size() == 1 ? masks.get(0) : new MaskChain(masks);
  }

  @Override
  public boolean active() {
    for (LogitMask mask : masks) {
      if (mask.active()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void apply(AdjustedRow logits) {
    for (LogitMask mask : masks) {
      if (mask.active()) {
        mask.apply(logits);
      }
    }
  }

  @Override
  public void accept(int token) {
    masks.forEach(mask -> mask.accept(token));
  }

  @Override
  public void rewind(int tokens) {
    masks.forEach(mask -> mask.rewind(tokens));
  }
}
