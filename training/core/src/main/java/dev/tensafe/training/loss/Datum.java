package dev.tensafe.training.loss;

import java.util.Arrays;
import java.util.Map;

/**
 * One example.
 *
 * @param tokens what the model reads
 * @param inputs the loss's inputs by name; those of {@link Losses#check} have been looked at
 */
public record Datum(int[] tokens, Map<String, TokenValues> inputs) {
  /** The input that says which token should follow each position. */
  public static final String TARGETS = "target_tokens";

  /** The input that a position's loss is multiplied by; 1 where it is not given. */
  public static final String WEIGHTS = "weights";

  /** A target that is none: nothing is computed for its position. */
  public static final long IGNORED = -100;

  public Datum {
    inputs = Map.copyOf(inputs);
  }

  /** The target of each position, or {@link #IGNORED}. */
  public long[] targets() {
    if (inputs.get(TARGETS) instanceof TokenValues.Integers targets) {
      return targets.values();
    }
    throw new IllegalArgumentException("unchecked example");
  }

  /** An input with a value for each position; {@code otherwise} where it is not given. */
  public float[] reals(String name, float otherwise) {
    float[] given =
        inputs.get(name) instanceof TokenValues.Reals reals
            ? reals.values()
            : new float[] {otherwise};
    if (given.length == tokens.length) {
      return given;
    }
    float[] out = new float[tokens.length];
    Arrays.fill(out, given[0]);
    return out;
  }

  /** Which positions count in the loss: those with a target and a weight that is not 0. */
  public boolean[] counted() {
    long[] targets = targets();
    float[] weights = reals(WEIGHTS, 1);
    boolean[] out = new boolean[targets.length];
    for (int t = 0; t < out.length; t++) {
      out[t] = targets[t] != IGNORED && weights[t] != 0;
    }
    return out;
  }

  @Override
  public String toString() {
    return "Datum[" + tokens.length + " tokens, " + inputs.keySet() + "]";
  }
}
