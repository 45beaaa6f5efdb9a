package dev.tensafe.tuning.command;

import dev.tensafe.training.loss.Datum;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** What one model is told to do. Immutable; {@code toString} shows no data. */
public sealed interface Command {
  /** The name in the store, in metrics and in answers. */
  String label();

  /** Makes the model; the first of its commands. */
  record Create() implements Command {
    @Override
    public String label() {
      return "create";
    }
  }

  /**
   * Computes a loss and, unless only forward, adds its gradient.
   *
   * @param loss by name
   * @param config of the loss
   */
  record Pass(List<Datum> data, String loss, Map<String, Double> config, boolean forwardOnly)
      implements Command {
    public Pass {
      data = List.copyOf(data);
      config = Map.copyOf(config);
    }

    @Override
    public String label() {
      return forwardOnly ? "forward" : "forward_backward";
    }

    @Override
    public String toString() {
      return "Pass[" + data.size() + " datums]";
    }
  }

  /**
   * Adds the clipped gradient of examples that the service draws from a data set it holds.
   *
   * @param loss by name; one that is per example
   */
  record SampledPass(String dataSet, String loss, Map<String, Double> config) implements Command {
    public SampledPass {
      config = Map.copyOf(config);
    }

    @Override
    public String label() {
      return "sampled_forward_backward";
    }
  }

  /**
   * Turns gradients into new weights. What is absent is as the model's settings say.
   *
   * @param clip largest global norm; 0 for none
   * @param noise whether noise of the model's privacy settings is added; absent for as they ask
   */
  record Step(
      OptionalDouble rate,
      OptionalDouble beta1,
      OptionalDouble beta2,
      OptionalDouble eps,
      OptionalDouble weightDecay,
      OptionalDouble clip,
      Optional<Boolean> noise)
      implements Command {
    @Override
    public String label() {
      return "optim_step";
    }
  }

  /**
   * Writes a checkpoint.
   *
   * @param name within the model; absent for the number of the step
   * @param ttlSeconds how long it is kept; absent for as long as it is among the newest
   * @param metadata of the caller's, small texts
   */
  record Save(
      Optional<String> name,
      Optional<Long> ttlSeconds,
      boolean overwrite,
      Map<String, String> metadata)
      implements Command {
    public Save {
      metadata = Map.copyOf(metadata);
    }

    @Override
    public String label() {
      return "save_weights";
    }
  }

  /** Puts a checkpoint's weights in place, with the optimizer's state if asked. */
  record Load(String path, boolean optimizer) implements Command {
    @Override
    public String label() {
      return "load_weights";
    }
  }

  /** Packs the weights as they are now and hands them to the serving engine. */
  record Publish(Optional<String> name, Optional<Long> ttlSeconds) implements Command {
    @Override
    public String label() {
      return "save_weights_for_sampler";
    }
  }

  /** Gives the model's memory back; the last of its commands. */
  record Unload() implements Command {
    @Override
    public String label() {
      return "unload_model";
    }
  }
}
