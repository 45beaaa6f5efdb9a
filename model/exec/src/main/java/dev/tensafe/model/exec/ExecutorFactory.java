package dev.tensafe.model.exec;

import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.model.shape.ModelConfig;

/** Makes executors of one kind. Thread-safe. */
public interface ExecutorFactory {
  /** What users choose it by: a short word in lower case. */
  String name();

  /** One line for users: what it runs on. */
  String describe();

  /**
   * Whether what a token gives depends on its own sequence alone, bit for bit: not on what runs
   * beside it, nor on how many of its tokens run in one step.
   */
  default boolean exact() {
    return false;
  }

  /**
   * Loads a model. The calling thread is best the one that runs the model later: compute libraries
   * keep a pool of workers per calling thread.
   *
   * @param checkpoint stays open until the executor is closed
   * @return an executor without a cache
   * @throws dev.tensafe.formats.CodedException when the checkpoint does not fit the configuration,
   *     or this machine cannot run it
   */
  ModelExecutor create(ModelConfig config, Checkpoint checkpoint, ExecutorOptions options);

  /**
   * Loads a model that runs in turn with another one, by the same caller: where that is possible on
   * the other's compute threads, so that the process has no more of them than it was given.
   *
   * @param other made by this factory, and open
   * @param checkpoint stays open until the executor is closed
   * @return an executor without a cache
   * @throws dev.tensafe.formats.CodedException as {@link #create}
   */
  default ModelExecutor createBeside(
      ModelExecutor other, ModelConfig config, Checkpoint checkpoint, ExecutorOptions options) {
    return create(config, checkpoint, options);
  }
}
