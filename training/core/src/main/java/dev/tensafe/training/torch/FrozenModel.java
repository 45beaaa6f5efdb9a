package dev.tensafe.training.torch;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.tensafe.model.shape.CheckpointLayout;
import dev.tensafe.model.shape.ModelConfig;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The weights of a model, once in memory, beside which any number of low-rank adapters is trained.
 * Confined, with its trainees, to the thread that opened it; they are closed before it.
 */
public final class FrozenModel implements AutoCloseable {
  private final ModelConfig config;
  private final PassOptions options;
  private final Precision precision;
  private final Thread thread = Thread.currentThread();
  private final PtNDManager manager = (PtNDManager) NDManager.newBaseManager();
  private final RotaryTables rotary;
  private final Map<String, PtNDArray> tensors = new LinkedHashMap<>();

  private FrozenModel(ModelConfig config, PassOptions options, Precision precision) {
    this.config = config;
    this.options = options;
    this.precision = precision;
    this.rotary = new RotaryTables(config, precision);
  }

  /**
   * Reads a model's weights.
   *
   * @param weights asked for every tensor of {@link CheckpointLayout#expected}, in its order
   * @param threads compute threads; 1 makes runs repeatable to the bit
   */
  public static FrozenModel open(
      ModelConfig config, WeightSource weights, PassOptions options, int threads) {
    return open(config, weights, options, Precision.F32, threads);
  }

  static FrozenModel open(
      ModelConfig config,
      WeightSource weights,
      PassOptions options,
      Precision precision,
      int threads) {
    DecoderPass.start(threads);
    FrozenModel model = new FrozenModel(config, options, precision);
    try {
      CheckpointLayout.expected(config)
          .forEach(
              (name, shape) ->
                  model.tensors.put(
                      name,
                      Tensors.create(
                          model.manager, weights.values(name, shape), shape, precision)));
      return model;
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  public ModelConfig config() {
    return config;
  }

  PassOptions options() {
    return options;
  }

  /**
   * An adapter that begins as no change to the model: A random, B zero.
   *
   * @param seed of A's values and of dropout
   */
  public LoraTrainee trainee(LoraSpec spec, long seed) {
    requireThread();
    LoraWeights lora = LoraWeights.of(new Adaptation.Fresh(spec, seed));
    DecoderPass pass =
        new DecoderPass(config, rotary, lora.dropout(), lora.scaling(), options.cap());
    try {
      return new LoraTrainee(this, tensors, pass, lora, precision, seed);
    } catch (RuntimeException e) {
      pass.close();
      throw e;
    }
  }

  void requireThread() {
    if (Thread.currentThread() != thread) {
      throw new IllegalStateException("a model belongs to the thread that opened it");
    }
  }

  @Override
  public void close() {
    requireThread();
    rotary.close();
    manager.close();
  }
}
