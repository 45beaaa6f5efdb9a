package dev.tensafe.bench.step;

import com.sun.management.OperatingSystemMXBean;
import dev.tensafe.bench.BenchException;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.nativeexec.NativeExecutor;
import dev.tensafe.model.nativeexec.NativeExecutorFactory;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.nativelib.decoder.NativeDecoder.Operation;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A model in the native executor, whose steps are timed. Confined to one thread. */
public final class StepModel implements AutoCloseable {
  /** A load ends after this long, once it has some steps. */
  private static final long LONGEST_NANOS = 15_000_000_000L;

  private static final int FEWEST = 3;

  private static final int UNTIL_COMPILED = 3000;

  private static final Set<Operation> PRODUCTS =
      Set.of(Operation.LINEAR, Operation.ATTEND, Operation.HEAD);

  private final NativeExecutor executor;
  private final int threads;

  private StepModel(NativeExecutor executor, int threads) {
    this.executor = executor;
    this.threads = threads;
  }

  /**
   * Loads a model and allocates a cache.
   *
   * @param loads that are to be timed
   * @throws BenchException {@code bench.step_too_long} when a load has more positions than the
   *     model
   * @throws dev.tensafe.formats.CodedException when it cannot be loaded
   */
  public static StepModel open(Path directory, ExecutorOptions options, List<StepLoad> loads) {
    ModelConfig config = ModelConfigReader.read(directory);
    int blocks = 1;
    for (StepLoad load : loads) {
      if (load.context() + (long) load.tokens() > config.maxPositions()) {
        throw new BenchException(
            "bench.step_too_long",
            load.label()
                + " after "
                + load.context()
                + " tokens: the model has "
                + config.maxPositions()
                + " positions",
            null);
      }
      blocks = Math.max(blocks, Math.multiplyExact(load.sequences(), load.blocksEach()));
    }
    NativeExecutor executor;
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      executor = new NativeExecutorFactory().create(config, checkpoint, options);
    }
    try {
      executor.allocateCache(blocks);
    } catch (RuntimeException e) {
      executor.close();
      throw e;
    }
    return new StepModel(executor, options.threads());
  }

  /** The executor, for what it says of itself. */
  NativeExecutor executor() {
    return executor;
  }

  /**
   * Runs steps of a tiny model until Java's code for a step is compiled, as a server's is after its
   * first seconds.
   *
   * @param scratch an empty directory for the model
   * @throws BenchException {@code bench.make_model} when it cannot be written
   */
  public static void compile(Path scratch, int threads) {
    try {
      SyntheticModel.write(scratch, SyntheticModel.llama(32, 64, 2, 4, 2, 320, 64), DType.BF16, 1);
    } catch (IOException e) {
      throw new BenchException("bench.make_model", "cannot write a model to " + scratch, e);
    }
    List<StepLoad> loads = List.of(StepLoad.decode(1, 16), StepLoad.decode(32, 16));
    ExecutorOptions options = new ExecutorOptions(ExecutorOptions.Format.AUTO, threads);
    try (StepModel tiny = open(scratch, options, loads)) {
      for (StepLoad load : loads) {
        tiny.time(load, UNTIL_COMPILED);
      }
    }
  }

  /**
   * Fills the cache, runs a load a few times to warm up, and times it.
   *
   * @param repetitions most steps that are timed
   */
  public StepTimes time(StepLoad load, int repetitions) {
    int vocabulary = executor.config().vocabSize();
    for (int i = 0; load.context() > 0 && i < load.sequences(); i++) {
      executor.forward(load.before(i, vocabulary), List.of());
    }
    ForwardBatch batch = load.batch(vocabulary);
    for (int i = 0; i < FEWEST; i++) {
      executor.forward(batch, List.of());
    }
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    double[] walls = new double[repetitions];
    double[] rests = new double[repetitions];
    Map<Operation, Double> sums = new EnumMap<>(Operation.class);
    double wall = 0;
    int steps = 0;
    long cpuBefore = system.getProcessCpuTime();
    for (long begin = System.nanoTime(); steps < repetitions; steps++) {
      if (steps >= FEWEST && System.nanoTime() - begin > LONGEST_NANOS) {
        break;
      }
      executor.measure(true);
      long start = System.nanoTime();
      executor.forward(batch, List.of());
      walls[steps] = System.nanoTime() - start;
      double inside = 0;
      for (Map.Entry<Operation, Long> kind : executor.times().entrySet()) {
        double nanos = kind.getValue();
        sums.merge(kind.getKey(), nanos, Double::sum);
        inside += nanos;
      }
      rests[steps] = walls[steps] - inside;
      wall += walls[steps];
    }
    double cpu = system.getProcessCpuTime() - cpuBefore;
    executor.measure(false);
    double products = 0;
    for (Operation kind : PRODUCTS) {
      products += sums.getOrDefault(kind, 0.0);
    }
    double all = wall;
    sums.replaceAll((kind, nanos) -> nanos / all);
    return new StepTimes(
        median(walls, steps), sums, median(rests, steps), threads * products / cpu);
  }

  private static double median(double[] values, int count) {
    double[] sorted = Arrays.copyOf(values, count);
    Arrays.sort(sorted);
    return sorted[count / 2];
  }

  @Override
  public void close() {
    executor.close();
  }
}
