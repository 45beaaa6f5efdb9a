package dev.tensafe.server.train.wire;

import dev.tensafe.tuning.command.Command;

/** {@code optim_step}. Stateless. */
public final class StepJson {
  private StepJson() {}

  /**
   * Reads a request's settings; what it does not say is as the model's settings have it.
   *
   * @throws dev.tensafe.tuning.TuningException {@code tuning.field}
   */
  public static Command.Step read(WireFields body) {
    WireFields adam = body.object("adam_params");
    return new Command.Step(
        adam.optionalNumber("learning_rate", 0, 100),
        adam.optionalNumber("beta1", 0, 0.999999),
        adam.optionalNumber("beta2", 0, 0.999999999),
        adam.optionalNumber("eps", 0, 1),
        adam.optionalNumber("weight_decay", 0, 10),
        adam.optionalNumber("grad_clip_norm", 0, 1e9),
        body.object("tensafe").optionalFlag("apply_dp_noise"));
  }
}
