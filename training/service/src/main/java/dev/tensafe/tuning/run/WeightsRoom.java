package dev.tensafe.tuning.run;

import dev.tensafe.training.torch.LoraSpec;
import dev.tensafe.training.torch.LoraTrainee;
import java.util.Optional;

/** Where trained weights go to be sampled from. Called on the trainer's thread. */
public interface WeightsRoom {
  /**
   * Puts the weights as they are now where the serving engine finds them.
   *
   * @param name within the model; a name again is a new version of it
   * @throws dev.tensafe.formats.CodedException when the engine does not take them
   */
  void publish(
      String tenant,
      String model,
      String name,
      LoraSpec spec,
      LoraTrainee trainee,
      Optional<Long> ttlSeconds);

  /** Takes weights away from the engine, if they are there; requests that use them finish. */
  void withdraw(String model, String name);
}
