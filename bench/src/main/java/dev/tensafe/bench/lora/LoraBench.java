package dev.tensafe.bench.lora;

import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.lora.weights.AdapterShape;
import dev.tensafe.lora.weights.LoraHook;
import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.exec.ExecutorFactory;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.nativelib.lora.LowRankAdapter;
import dev.tensafe.nativelib.lora.LowRankAdapter.Factor;
import dev.tensafe.nativelib.lora.LowRankAdapter.Module;
import dev.tensafe.nativelib.lora.LowRankBatch;
import dev.tensafe.tssp.manifest.AdapterDescription;
import dev.tensafe.tssp.manifest.AdapterModule;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Times decoding steps of a whole batch: the base model alone, and with 1, 8, … different adapters
 * spread evenly over the batch. Each step with adapters is paired with one of the base model right
 * beside it, so that a noisy machine harms both alike; ratios are medians over the pairs.
 */
public final class LoraBench {
  private static final List<String> QUERY_VALUE = List.of("q_proj", "v_proj");

  private final PrintWriter out;
  private final Settings settings;

  /**
   * The settings of a measurement.
   *
   * @param model directory of the base model
   * @param factory of the executor that runs it
   * @param options of the executor
   * @param batch sequences in a step, one token each
   * @param context positions of each that are in the cache already
   * @param adapters how many different ones, one row of the table each
   * @param dtype of the adapters' weights: F32 or BF16
   * @param repetitions pairs per row
   */
  public record Settings(
      Path model,
      ExecutorFactory factory,
      ExecutorOptions options,
      int batch,
      int context,
      List<Integer> adapters,
      int rank,
      String dtype,
      int repetitions) {
    public Settings {
      adapters = List.copyOf(adapters);
    }
  }

  public LoraBench(PrintWriter out, Settings settings) {
    this.out = out;
    this.settings = settings;
  }

  /** Measures and prints a table. */
  public void run() {
    ModelConfig config = ModelConfigReader.read(settings.model());
    try (Checkpoint checkpoint = Checkpoint.open(settings.model());
        ModelExecutor executor =
            settings.factory().create(config, checkpoint, settings.options())) {
      BaseProjections base = BaseProjections.of(checkpoint);
      executor.allocateCache(settings.batch() * blocks());
      out.printf(
          Locale.ROOT,
          "executor %s, low-rank kernels %s; batch of %d, context %d, rank %d, adapters in %s%n%n",
          settings.factory().name(),
          LowRankBatch.kernel(),
          settings.batch(),
          settings.context(),
          settings.rank(),
          settings.dtype());
      out.println(
          "| projections | adapters | weights MB | base ms | with adapters ms | base tok/s"
              + " | with adapters tok/s | ratio |");
      out.println("|---|---|---|---|---|---|---|---|");
      for (List<String> targets : List.of(QUERY_VALUE, List.of("_proj"))) {
        for (int count : settings.adapters()) {
          measure(executor, base, config.layers(), targets, count);
        }
      }
      out.flush();
    }
  }

  private int blocks() {
    return settings.context() / ModelExecutor.BLOCK_SIZE + 1;
  }

  private void measure(
      ModelExecutor executor, BaseProjections base, int layers, List<String> targets, int count) {
    List<LowRankAdapter> adapters = new ArrayList<>();
    try {
      AdapterShape shape = AdapterShape.of(describe(base, targets), base, layers);
      for (int i = 0; i < count; i++) {
        adapters.add(random(shape, i));
      }
      // handle 0 is the base model
      List<ForwardHook> hooks = List.of(new LoraHook(handle -> adapters.get((int) handle - 1)));
      ForwardBatch plain = batch(0);
      ForwardBatch mixed = batch(count);
      int pairs = settings.repetitions();
      double[] alone = new double[pairs];
      double[] together = new double[pairs];
      double[] ratios = new double[pairs];
      for (int i = -3; i < pairs; i++) {
        double a = millis(executor, plain, hooks);
        double b = millis(executor, mixed, hooks);
        if (i >= 0) {
          alone[i] = a;
          together[i] = b;
          ratios[i] = a / b;
        }
      }
      double tokens = settings.batch() * 1000.0;
      out.printf(
          Locale.ROOT,
          "| %s | %d | %.0f | %.1f | %.1f | %.0f | %.0f | %.3f |%n",
          targets.size() == 2 ? "q, v" : "all seven",
          count,
          adapters.stream().mapToLong(LowRankAdapter::bytes).sum() / 1e6,
          median(alone),
          median(together),
          tokens / median(alone),
          tokens / median(together),
          median(ratios));
      out.flush();
    } finally {
      adapters.forEach(LowRankAdapter::close);
    }
  }

  private AdapterDescription describe(BaseProjections base, List<String> targets) {
    BigDecimal alpha = BigDecimal.valueOf(2L * settings.rank());
    List<AdapterModule> modules =
        base.byModule().keySet().stream()
            .filter(name -> targets.stream().anyMatch(name::endsWith))
            .map(name -> new AdapterModule(name, settings.rank(), alpha))
            .toList();
    return new AdapterDescription(settings.rank(), alpha, false, settings.dtype(), 0, modules);
  }

  private static LowRankAdapter random(AdapterShape shape, long seed) {
    LowRankAdapter adapter = new LowRankAdapter(shape.slots(), shape.modules());
    SplittableRandom random = new SplittableRandom(seed);
    for (Module module : shape.modules()) {
      fill(adapter, module, Factor.A, module.rank() * module.in(), random);
      fill(adapter, module, Factor.B, module.out() * module.rank(), random);
    }
    return adapter;
  }

  private static void fill(
      LowRankAdapter adapter, Module module, Factor factor, int count, SplittableRandom random) {
    ByteBuffer bytes =
        ByteBuffer.allocate(count * module.type().bytes()).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      int bits = Float.floatToIntBits((float) (random.nextDouble() - 0.5) / 64);
      if (module.type() == LowRankAdapter.ElementType.F32) {
        bytes.putInt(bits);
      } else {
        bytes.putShort((short) (bits >>> 16));
      }
    }
    adapter.put(module.slot(), factor, 0, bytes.flip());
  }

  /** One token of every sequence; adapters 1 … count in turn, the base model for a count of 0. */
  private ForwardBatch batch(int count) {
    List<SequenceInput> sequences = new ArrayList<>();
    for (int i = 0; i < settings.batch(); i++) {
      int[] blocks = new int[blocks()];
      for (int b = 0; b < blocks.length; b++) {
        blocks[b] = i * blocks.length + b;
      }
      sequences.add(
          new SequenceInput(
              i + 1,
              "",
              count == 0 ? SequenceInput.BASE : 1 + i % count,
              new int[] {i % 200},
              settings.context(),
              1,
              blocks,
              SequenceInput.LogitRows.LAST));
    }
    return new ForwardBatch(sequences);
  }

  private static double millis(
      ModelExecutor executor, ForwardBatch batch, List<ForwardHook> hooks) {
    long start = System.nanoTime();
    var result = executor.forward(batch, hooks);
    double millis = (System.nanoTime() - start) / 1e6;
    if (!result.failures().isEmpty()) {
      throw new IllegalStateException("a sequence failed");
    }
    return millis;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
