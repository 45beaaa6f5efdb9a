package dev.tensafe.bench.train;

import com.sun.management.OperatingSystemMXBean;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.ProjectionKind;
import dev.tensafe.training.data.MicroBatch;
import dev.tensafe.training.data.Row;
import dev.tensafe.training.loss.Datum;
import dev.tensafe.training.loss.Losses;
import dev.tensafe.training.loss.TokenLoss;
import dev.tensafe.training.loss.TokenValues;
import dev.tensafe.training.run.MemoryLimit;
import dev.tensafe.training.torch.Adaptation;
import dev.tensafe.training.torch.FrozenModel;
import dev.tensafe.training.torch.LoraSpec;
import dev.tensafe.training.torch.LoraTrainee;
import dev.tensafe.training.torch.Optimizer;
import dev.tensafe.training.torch.OptimizerSpec;
import dev.tensafe.training.torch.PassOptions;
import dev.tensafe.training.torch.Precision;
import dev.tensafe.training.torch.RandomWeights;
import dev.tensafe.training.torch.TrainableModel;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Steps of training in several ways, in turn within each round, so that what else the machine does
 * meets all of them alike. Counted is the processor time of the process.
 */
public final class TrainBench {
  private static final OptimizerSpec ADAM = new OptimizerSpec.AdamW(0.9, 0.95, 1e-8, 0);

  private final ModelConfig config;
  private final int examples;
  private final int length;
  private final int rank;
  private final int microBatch;
  private final int threads;

  /**
   * @param examples of a step
   * @param length tokens of each
   */
  public TrainBench(
      ModelConfig config, int examples, int length, int rank, int microBatch, int threads) {
    this.config = config;
    this.examples = examples;
    this.length = length;
    this.rank = rank;
    this.microBatch = microBatch;
    this.threads = threads;
  }

  /** One way: median tokens a processor second, and that by the way of low-rank matrices. */
  public record Figure(String way, double tokensPerSecond, double share) {}

  /** One step of a way. */
  private interface Step {
    void take();
  }

  private LoraSpec lora(double dropout) {
    return new LoraSpec(
        rank, BigDecimal.valueOf(2L * rank), dropout, EnumSet.allOf(ProjectionKind.class), false);
  }

  private FrozenModel frozen(boolean recompute) {
    return FrozenModel.open(
        config,
        new RandomWeights(config.layers(), 1),
        new PassOptions(microBatch, 0, recompute),
        threads);
  }

  /** Measures all ways. */
  public List<Figure> speed(int rounds) {
    TokenLoss loss = Losses.all().named("cross_entropy");
    List<Datum> data = data();
    MicroBatch batch = rows();
    Map<String, Step> ways = new LinkedHashMap<>();
    try (FrozenModel plain = frozen(false);
        FrozenModel again = frozen(true);
        TrainableModel all =
            TrainableModel.open(
                config,
                new RandomWeights(config.layers(), 1),
                Precision.F32,
                new Adaptation.None(),
                threads);
        Optimizer optimizer = new Optimizer(all, ADAM);
        LoraTrainee lora = plain.trainee(lora(0), 1);
        LoraTrainee dropping = plain.trainee(lora(0.05), 1);
        LoraTrainee recomputing = again.trainee(lora(0), 1)) {
      ways.put("LoRA", () -> step(lora, data, loss));
      ways.put(
          "all weights",
          () -> {
            for (int at = 0; at < examples; at += batch.rows()) {
              all.backward(batch, (double) examples * length);
            }
            optimizer.step(1e-4, 1, 0);
          });
      ways.put(
          "LoRA, examples clipped (DP)",
          () -> {
            lora.forwardBackward(data, loss, Map.of(), 1);
            lora.step(ADAM, 1e-4, 1, 0, Optional.empty());
          });
      ways.put("LoRA, dropout 0.05", () -> step(dropping, data, loss));
      ways.put("LoRA, layers computed again", () -> step(recomputing, data, loss));
      return measure(ways, rounds);
    }
  }

  private static void step(LoraTrainee trainee, List<Datum> data, TokenLoss loss) {
    trainee.forwardBackward(data, loss, Map.of());
    trainee.step(ADAM, 1e-4, 1, 0, Optional.empty());
  }

  private List<Figure> measure(Map<String, Step> ways, int rounds) {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    List<String> names = List.copyOf(ways.keySet());
    List<Step> steps = List.copyOf(ways.values());
    double[][] seconds = new double[names.size()][rounds];
    for (int round = -1; round < rounds; round++) {
      for (int way = 0; way < steps.size(); way++) {
        long start = system.getProcessCpuTime();
        steps.get(way).take();
        if (round >= 0) {
          seconds[way][round] = (system.getProcessCpuTime() - start) / 1e9;
        }
      }
    }
    List<Figure> out = new ArrayList<>();
    for (int way = 0; way < names.size(); way++) {
      double[] times = seconds[way];
      double[] shares =
          IntStream.range(0, rounds).mapToDouble(i -> seconds[0][i] / times[i]).toArray();
      out.add(new Figure(names.get(way), examples * length / median(times), median(shares)));
    }
    return out;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  /** MiB that each of several more adapters adds to the process once each has taken steps. */
  public double mibPerTrainee(int count) {
    TokenLoss loss = Losses.all().named("cross_entropy");
    List<Datum> data = data().subList(0, 1);
    List<LoraTrainee> trainees = new ArrayList<>();
    try (FrozenModel model = frozen(false)) {
      long before = 0;
      // the first half fills what the process has free
      for (int i = 0; i < 2 * count; i++) {
        trainees.add(model.trainee(lora(0), i));
        step(trainees.get(i), data, loss);
        if (i == count - 1) {
          System.gc();
          before = MemoryLimit.resident();
        }
      }
      System.gc();
      double out = (MemoryLimit.resident() - before) / 1048576.0 / count;
      trainees.forEach(LoraTrainee::close);
      return out;
    }
  }

  /**
   * The most that a step adds to the process.
   *
   * @param kept MiB with all layers' values kept
   * @param again MiB with layers computed again
   */
  public record StepMemory(double kept, double again) {}

  /** Measures both, the smaller one first; before any other measurement in a process. */
  public StepMemory memory() {
    TokenLoss loss = Losses.all().named("cross_entropy");
    List<Datum> data = data();
    try (FrozenModel keeping = frozen(false);
        FrozenModel recomputing = frozen(true);
        LoraTrainee one = keeping.trainee(lora(0), 1);
        LoraTrainee two = recomputing.trainee(lora(0), 1)) {
      // what a first pass loads and compiles does not count
      Datum brief =
          new Datum(
              new int[] {1, 2}, Map.of(Datum.TARGETS, new TokenValues.Integers(new long[] {2, 3})));
      step(one, List.of(brief), loss);
      step(two, List.of(brief), loss);
      ResidentPeak peak = ResidentPeak.begin();
      step(two, data, loss);
      double again = peak.addedMib();
      step(one, data, loss);
      return new StepMemory(peak.addedMib(), again);
    }
  }

  private List<Datum> data() {
    Random random = new Random(2);
    List<Datum> out = new ArrayList<>();
    for (int i = 0; i < examples; i++) {
      out.add(
          new Datum(
              random.ints(length, 0, config.vocabSize()).toArray(),
              Map.of(
                  Datum.TARGETS,
                  new TokenValues.Integers(
                      random.longs(length, 0, config.vocabSize()).toArray()))));
    }
    return out;
  }

  private MicroBatch rows() {
    List<Row> rows = new ArrayList<>();
    for (Datum datum : data().subList(0, Math.min(examples, microBatch))) {
      rows.add(
          new Row(
              datum.tokens(),
              Arrays.stream(datum.targets()).mapToInt(v -> (int) v).toArray(),
              IntStream.range(0, length).toArray(),
              new int[length]));
    }
    return MicroBatch.of(rows);
  }
}
