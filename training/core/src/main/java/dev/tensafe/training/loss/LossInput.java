package dev.tensafe.training.loss;

/**
 * An input of a loss beside the target tokens: real numbers, one a token.
 *
 * @param required whether each example must bring it
 * @param single whether one number may stand for all tokens
 */
public record LossInput(String name, boolean required, boolean single) {
  /** An input that each example must bring. */
  public static LossInput required(String name) {
    return new LossInput(name, true, false);
  }

  /** An input that may be left out, or be one number for all tokens. */
  public static LossInput optional(String name) {
    return new LossInput(name, false, true);
  }
}
