package dev.tensafe.training.run;

import dev.tensafe.formats.memory.FreeMemory;
import dev.tensafe.model.shape.CheckpointLayout;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.training.TrainingException;
import dev.tensafe.training.torch.LoraSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Keeps a run within a limit: an estimate before the first step, a look at the process' resident
 * memory after each.
 */
public final class MemoryLimit {
  private static final Path STATUS = Path.of("/proc/self/status");

  /** Share of the memory that is free at the start which a run may take by default. */
  private static final double DEFAULT_SHARE = 0.85;

  private final long limitBytes;
  private final LongSupplier resident;

  public MemoryLimit(long limitBytes) {
    this(limitBytes, MemoryLimit::resident);
  }

  /**
   * @param resident bytes of the process that lie in memory
   */
  MemoryLimit(long limitBytes, LongSupplier resident) {
    this.limitBytes = limitBytes;
    this.resident = resident;
  }

  /** Bytes a run may take if nothing is said: most of what machine and control group have free. */
  public static long byDefault() {
    long free = FreeMemory.ofThisProcess().bytes().orElse(Long.MAX_VALUE);
    return (long) (DEFAULT_SHARE * free) + Math.max(0, resident());
  }

  /** Bytes of this process that lie in memory; -1 where the system does not tell. */
  public static long resident() {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
        }
      }
      return -1;
    } catch (IOException | NumberFormatException e) {
      // other systems have no such file
      return -1;
    }
  }

  /**
   * About the bytes that a run adds to the process at its fullest: weights in float32, gradients
   * and moments of what is trained, and what autograd keeps of one micro-batch. Per position and
   * layer those are the inputs of every operation: about nine vectors of the hidden size (norms,
   * residual stream, projections), twice queries, keys and values, and four of the MLP's width; for
   * each scored position the logits, their logarithms and their gradient. Rough: three runs added
   * 1.05, 0.90 and 0.37 of it, so a tenth is put on top.
   *
   * @param moments tensors the optimizer keeps for each trained one
   */
  public static long estimate(
      ModelConfig config, Optional<LoraSpec> lora, int moments, int rows, int length) {
    long weights =
        CheckpointLayout.expected(config).values().stream()
            .mapToLong(shape -> shape.stream().reduce(1L, Math::multiplyExact))
            .sum();
    long adapter = lora.map(spec -> elements(config, spec)).orElse(0L);
    long trained = lora.isPresent() ? adapter : weights;
    long positions = (long) rows * length;
    long perLayer =
        9L * config.hiddenSize()
            + 4L * config.querySize()
            + 6L * config.keyValueSize()
            + 4L * config.intermediateSize();
    long activations = positions * (config.layers() * perLayer + 3L * config.vocabSize());
    long masks = 3L * positions * length;
    long elements = weights + adapter + trained * (1L + moments) + activations + masks;
    return Float.BYTES * (elements + elements / 10);
  }

  private static long elements(ModelConfig config, LoraSpec spec) {
    long sum = 0;
    for (int layer = 0; layer < config.layers(); layer++) {
      for (ProjectionGroup group : ProjectionGroup.ofLayer(config, layer)) {
        for (Projection p : group.projections()) {
          sum += spec.targets().contains(p.kind()) ? (long) spec.rank() * (p.in() + p.out()) : 0;
        }
      }
    }
    return sum;
  }

  /**
   * Refuses a run that would not fit.
   *
   * @param addedBytes what it is expected to add
   * @throws TrainingException {@code train.memory}
   */
  public void require(long addedBytes) {
    long expected = Math.max(0, resident.getAsLong()) + addedBytes;
    if (expected > limitBytes) {
      throw new TrainingException(
          "train.memory",
          "this run needs about "
              + (expected >> 20)
              + " MiB and may take "
              + (limitBytes >> 20)
              + "; make micro-batch or sequence-length smaller, or memory-limit-mib larger");
    }
  }

  /** Whether the process is above the limit now. */
  public boolean exceeded() {
    return resident.getAsLong() > limitBytes;
  }

  /** The error when it is exceeded. */
  public TrainingException failure() {
    return new TrainingException(
        "train.memory",
        "the process takes "
            + (resident.getAsLong() >> 20)
            + " MiB and may take "
            + (limitBytes >> 20)
            + "; what was trained so far is saved. Make micro-batch or sequence-length smaller");
  }
}
