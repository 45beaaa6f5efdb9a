package dev.tensafe.batching.sample;

import java.util.Map;

/** Adds a request's biases; the same for every token. Immutable. */
final class LogitBias implements LogitMask {
  private final Map<Integer, Float> biases;

  LogitBias(Map<Integer, Float> biases) {
    this.biases = Map.copyOf(biases);
  }

  @Override
  public boolean active() {
    return true;
  }

  @Override
  public void apply(AdjustedRow logits) {
    biases.forEach((token, bias) -> logits.set(token, logits.get(token) + bias));
  }

  @Override
  public void accept(int token) {}

  @Override
  public void rewind(int tokens) {}
}
