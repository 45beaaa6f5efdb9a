package dev.tensafe.bench.gate;

import dev.tensafe.bench.BenchException;
import dev.tensafe.bench.Machine;
import dev.tensafe.bench.ScratchDirectory;
import dev.tensafe.bench.step.StepLoad;
import dev.tensafe.bench.step.StepModel;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ExecutorOptions.Cache;
import dev.tensafe.model.exec.ExecutorOptions.Format;
import dev.tensafe.model.exec.ExecutorOptions.Numerics;
import dev.tensafe.model.exec.ExecutorOptions.Weights;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Steps of the native executor for the gate, over a model of its own: six layers of the 135m shape
 * and a vocabulary of 8192, more than caches hold. Confined to one thread.
 */
final class GateSteps implements AutoCloseable {
  private static final List<StepLoad> LOADS =
      List.of(
          StepLoad.decode(1, 128),
          StepLoad.decode(8, 128),
          StepLoad.decode(32, 128),
          StepLoad.prefill(128));

  private final Map<Weights, StepModel> models = new TreeMap<>();

  private GateSteps() {}

  /**
   * Makes the model and loads it in each format of weights.
   *
   * @throws BenchException {@code bench.make_model} when its files cannot be written
   */
  static GateSteps open() {
    GateSteps steps = new GateSteps();
    try (ScratchDirectory scratch = ScratchDirectory.make()) {
      SyntheticModel.write(
          scratch.path(), SyntheticModel.llama(576, 1536, 6, 9, 3, 8192, 2048), DType.BF16, 1);
      for (Weights weights : List.of(Weights.FORMAT, Weights.INT8)) {
        ExecutorOptions options =
            new ExecutorOptions(
                Format.BF16, weights, Cache.AUTO, Numerics.AUTO, Machine.processors(), false);
        steps.models.put(weights, StepModel.open(scratch.path(), options, LOADS));
      }
    } catch (IOException e) {
      steps.close();
      throw new BenchException("bench.make_model", "cannot write the gate's model: " + e, e);
    } catch (RuntimeException e) {
      steps.close();
      throw e;
    }
    return steps;
  }

  /** Nanoseconds of a step by load and format of weights. */
  Map<String, Double> round(int repetitions) {
    Map<String, Double> nanos = new TreeMap<>();
    models.forEach(
        (weights, model) -> {
          String format = weights == Weights.FORMAT ? "bf16" : weights.name();
          for (StepLoad load : LOADS) {
            nanos.put(
                "step " + format.toLowerCase(Locale.ROOT) + " " + load.label(),
                model.time(load, repetitions).nanos());
          }
        });
    return nanos;
  }

  @Override
  public void close() {
    models.values().forEach(StepModel::close);
  }
}
