package dev.tensafe.tuning.run;

import dev.tensafe.training.torch.LoraTrainee;
import dev.tensafe.tuning.ModelSettings;
import java.util.Map;
import java.util.Optional;

/** Where models are kept while they are not in memory. Called on the trainer's thread. */
public interface CheckpointRoom {
  /**
   * What is kept beside the tensors.
   *
   * @param job the last call whose effect is in it
   * @param tokens trained on
   */
  record Progress(long job, long step, long tokens, Map<String, Double> metrics) {}

  /**
   * Writes a checkpoint that its owner asked for.
   *
   * @param name within the model
   * @throws dev.tensafe.tuning.TuningException {@code tuning.exists} unless it may be overwritten
   */
  void save(
      String tenant,
      String model,
      String name,
      ModelSettings settings,
      LoraTrainee trainee,
      Progress progress,
      Map<String, String> metadata,
      Optional<Long> ttlSeconds,
      boolean overwrite);

  /**
   * Puts a checkpoint's weights in place, with the optimizer's state if asked.
   *
   * @param path as {@link #path} gave it
   * @throws dev.tensafe.formats.CodedException when there is none of this tenant, it does not fit,
   *     was altered or is older than the budget's ledger allows
   */
  Progress load(
      String tenant, String path, ModelSettings settings, LoraTrainee trainee, boolean optimizer);

  /** How a checkpoint is called on the wire. */
  String path(String model, String name);

  /** Writes a model as it is, for this service alone, in place of the snapshot before. */
  void snapshot(
      String tenant, String model, ModelSettings settings, LoraTrainee trainee, Progress progress);

  /** Puts a model where its snapshot was; empty if there is none. */
  Optional<Progress> restore(
      String tenant, String model, ModelSettings settings, LoraTrainee trainee);

  /** Drops a model's snapshot; what its owner saved stays. */
  void forget(String model);
}
