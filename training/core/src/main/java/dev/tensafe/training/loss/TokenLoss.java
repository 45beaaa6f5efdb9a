package dev.tensafe.training.loss;

import java.util.List;
import java.util.Map;

/**
 * A loss over the log-probabilities of target tokens. One's own is put on the class path and named
 * in {@code META-INF/services/dev.tensafe.training.loss.TokenLoss}; {@link Losses} finds it. For
 * any thread: it keeps no state.
 */
public interface TokenLoss {
  /** What requests call it. */
  String name();

  /** Inputs that it takes beside the target tokens and the weights. */
  default List<LossInput> inputs() {
    return List.of();
  }

  /** Its settings with their defaults. */
  default Map<String, Double> settings() {
    return Map.of();
  }

  /**
   * Whether the loss is a sum of terms that each depend on one example. Only then are there
   * gradients of examples, which differential privacy needs.
   */
  default boolean perExample() {
    return true;
  }

  /**
   * Checks what no list of inputs says.
   *
   * @param config complete
   * @throws dev.tensafe.training.TrainingException {@code train.loss_input} or {@code
   *     train.loss_config}
   */
  default void check(List<Datum> data, Map<String, Double> config) {}

  /**
   * The loss and its gradient by the log-probabilities.
   *
   * @param data checked; all of a call's if the loss is not per example, else any part of them
   * @param logprobs of each example's target tokens; 0 where there is no target
   * @param config complete
   * @return with gradients of 0 where a position does not count
   */
  LossValue evaluate(List<Datum> data, float[][] logprobs, Map<String, Double> config);
}
