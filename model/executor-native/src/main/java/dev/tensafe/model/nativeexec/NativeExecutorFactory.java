package dev.tensafe.model.nativeexec;

import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.exec.ExecutorFactory;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.nativelib.KernelLevel;
import dev.tensafe.nativelib.decoder.NumberFormat;
import dev.tensafe.nativelib.decoder.ProductOrder;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes {@link NativeExecutor}s: {@code native}. */
public final class NativeExecutorFactory implements ExecutorFactory {
  private static final Logger LOG = LoggerFactory.getLogger(NativeExecutorFactory.class);

  @Override
  public String name() {
    return "native";
  }

  @Override
  public boolean exact() {
    return true;
  }

  @Override
  public String describe() {
    return "our own kernels on the CPU";
  }

  @Override
  public NativeExecutor create(ModelConfig config, Checkpoint checkpoint, ExecutorOptions options) {
    return create(config, checkpoint, options, null);
  }

  @Override
  public NativeExecutor createBeside(
      ModelExecutor other, ModelConfig config, Checkpoint checkpoint, ExecutorOptions options) {
    return create(config, checkpoint, options, other instanceof NativeExecutor n ? n : null);
  }

  private static NativeExecutor create(
      ModelConfig config,
      Checkpoint checkpoint,
      ExecutorOptions options,
      @Nullable NativeExecutor beside) {
    NumberFormat format = format(checkpoint, options.format());
    boolean exact = options.weights() == ExecutorOptions.Weights.FORMAT;
    boolean all = options.weights() == ExecutorOptions.Weights.INT8_ALL;
    NumberFormat weights = exact ? format : NumberFormat.INT8;
    NumberFormat ends = all ? NumberFormat.INT8 : format;
    NumberFormat cache =
        switch (options.cache()) {
          case AUTO -> format;
          case F32 -> NumberFormat.F32;
          case BF16 -> NumberFormat.BF16;
          case INT8 -> NumberFormat.INT8;
        };
    ProductOrder order = order(options.numerics());
    long start = System.nanoTime();
    NativeFormats formats = new NativeFormats(weights, ends, cache, order);
    NativeExecutor executor =
        beside == null
            ? NativeExecutor.load(config, checkpoint, formats, options.threads(), options.pinned())
            : NativeExecutor.loadBeside(beside, config, checkpoint, formats);
    LOG.info(
        "loaded {} with {} layers as {} (cache {}) on {} threads in {} ms: {} MiB in {} pages,"
            + " kernels {}, numerics {}",
        config.architecture().className(),
        config.layers(),
        lower(weights),
        lower(cache),
        options.threads(),
        (System.nanoTime() - start) / 1_000_000,
        executor.weightBytes() >> 20,
        executor.hugePages() ? "huge" : "ordinary",
        executor.kernels(),
        order.name().toLowerCase(Locale.ROOT));
    return executor;
  }

  /** {@code auto} is bf16 where any weight is stored so. */
  private static NumberFormat format(Checkpoint checkpoint, ExecutorOptions.Format asked) {
    boolean stored = has(checkpoint, DType.BF16);
    if (asked == ExecutorOptions.Format.BF16 && has(checkpoint, DType.F32)) {
      LOG.warn("weights stored in F32 are rounded to bf16, as --dtype bf16 says");
    }
    return switch (asked) {
      case F32 -> NumberFormat.F32;
      case BF16 -> NumberFormat.BF16;
      case AUTO -> stored ? NumberFormat.BF16 : NumberFormat.F32;
    };
  }

  /** {@code auto} is tiles where the processor has them: elsewhere they take twice the time. */
  private static ProductOrder order(ExecutorOptions.Numerics asked) {
    return switch (asked) {
      case PAIRS -> ProductOrder.PAIRS;
      case TILES -> ProductOrder.TILES;
      case AUTO -> KernelLevel.name().equals("amx") ? ProductOrder.TILES : ProductOrder.PAIRS;
    };
  }

  private static boolean has(Checkpoint checkpoint, DType type) {
    return checkpoint.tensors().values().stream().anyMatch(info -> info.dtype() == type);
  }

  private static String lower(NumberFormat format) {
    return format.name().toLowerCase(Locale.ROOT);
  }
}
