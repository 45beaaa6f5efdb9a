package dev.tensafe.model.exec;

import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.ModelException;

/**
 * The largest step whose matrices Java can look at: activations for hooks and logits are one buffer
 * each, and a buffer ends below 2 GiB.
 */
public final class StepSize {
  private StepSize() {}

  /**
   * Checks a step before anything of it is computed.
   *
   * @param tokens of all sequences
   * @param logitRows of all sequences
   * @throws ModelException {@code model.step_too_large}
   */
  public static void check(ModelConfig config, int tokens, long logitRows) {
    int widest =
        Math.max(
            Math.max(config.hiddenSize(), config.intermediateSize()),
            Math.max(config.querySize(), config.keyValueSize()));
    check("tokens at width", tokens, widest);
    check("rows of logits at vocabulary", logitRows, config.vocabSize());
  }

  private static void check(String what, long rows, int columns) {
    int most = RowMatrix.maxRows(columns);
    if (rows > most) {
      throw new ModelException(
          "model.step_too_large",
          rows + " " + what + " " + columns + " in one step; at most " + most + " are possible");
    }
  }
}
