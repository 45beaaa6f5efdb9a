package dev.tensafe.batching.sample;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Several masks as one, applied in order. Confined to one thread. */
public final class MaskChain implements LogitMask {
  /** Allows everything. */
  public static final LogitMask NONE = new MaskChain(List.of());

  private final List<LogitMask> masks;

  MaskChain(List<LogitMask> masks) {
    this.masks = List.copyOf(masks);
  }

  /**
   * What a request's parameters forbid or favour: its biases, then end tokens before its minimum of
   * tokens, then all that its output may not be.
   *
   * @param eosTokens the model's own end tokens
   * @param constraint null for none
   */
  public static LogitMask of(
      SamplingParams params, Set<Integer> eosTokens, @Nullable Constraint constraint) {
    List<LogitMask> masks = new ArrayList<>(3);
    if (!params.logitBias().isEmpty()) {
      masks.add(new LogitBias(params.logitBias()));
    }
    if (params.minTokens() > 0) {
      masks.add(new MinimumLength(params, eosTokens));
    }
    if (constraint != null) {
      Set<Integer> ends = new HashSet<>(params.stopTokens());
      ends.addAll(eosTokens);
      masks.add(constraint.begin(ends));
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
  public void prepare(int[] guesses) {
    masks.forEach(mask -> mask.prepare(guesses));
  }

  @Override
  public boolean await(long nanos) {
    for (LogitMask mask : masks) {
      if (!mask.await(nanos)) {
        return false;
      }
    }
    return true;
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
