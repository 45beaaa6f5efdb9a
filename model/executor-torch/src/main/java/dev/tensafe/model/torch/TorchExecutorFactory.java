package dev.tensafe.model.torch;

import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.model.exec.ExecutorFactory;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.ModelException;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes {@link TorchExecutor}s: {@code torch}. */
public final class TorchExecutorFactory implements ExecutorFactory {
  private static final Logger LOG = LoggerFactory.getLogger(TorchExecutorFactory.class);

  @Override
  public String name() {
    return "torch";
  }

  @Override
  public String describe() {
    return "PyTorch on the CPU";
  }

  @Override
  public ModelExecutor create(ModelConfig config, Checkpoint checkpoint, ExecutorOptions options) {
    requireUsual(options);
    if (System.getenv("OMP_WAIT_POLICY") == null) {
      LOG.warn(
          "PyTorch runs without the settings that the launcher makes for it (OMP_WAIT_POLICY and"
              + " others) and is many times slower on busy cores: say --executor torch, or"
              + " TENSAFE_EXECUTOR=torch");
    }
    ComputeType type =
        switch (options.format()) {
          case F32 -> ComputeType.F32;
          case BF16 -> ComputeType.BF16;
          case AUTO -> TorchExecutor.chooseType(checkpoint);
        };
    long start = System.nanoTime();
    ModelExecutor executor = TorchExecutor.load(config, checkpoint, type, options.threads());
    LOG.info(
        "loaded {} with {} layers as {} on {} threads in {} ms",
        config.architecture().className(),
        config.layers(),
        type.name().toLowerCase(Locale.ROOT),
        options.threads(),
        (System.nanoTime() - start) / 1_000_000);
    return executor;
  }

  private static void requireUsual(ExecutorOptions options) {
    boolean usual =
        options.weights() == ExecutorOptions.Weights.FORMAT
            && options.cache() == ExecutorOptions.Cache.AUTO
            && options.numerics() == ExecutorOptions.Numerics.AUTO
            && !options.pinned();
    if (!usual) {
      throw new ModelException(
          "model.executor_option",
          "the executor 'torch' has no 8-bit weights, no cache of another format than the weights,"
              + " adds products up in no order by name, and pins no threads; use 'native'");
    }
  }
}
