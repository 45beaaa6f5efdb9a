package dev.tensafe.training.loss;

/** Values of one input of a loss: one a token, or one for all of them. */
public sealed interface TokenValues {
  int length();

  /** Whole numbers: token numbers. */
  record Integers(long[] values) implements TokenValues {
    @Override
    public int length() {
      return values.length;
    }

    @Override
    public String toString() {
      return "Integers[" + values.length + "]";
    }
  }

  /** Real numbers: weights, advantages, log-probabilities. */
  record Reals(float[] values) implements TokenValues {
    @Override
    public int length() {
      return values.length;
    }

    @Override
    public String toString() {
      return "Reals[" + values.length + "]";
    }
  }
}
