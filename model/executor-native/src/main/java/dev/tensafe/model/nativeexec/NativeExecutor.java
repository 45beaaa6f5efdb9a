package dev.tensafe.model.nativeexec;

import dev.tensafe.formats.memory.FreeMemory;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SerialUse;
import dev.tensafe.model.exec.StepHooks;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.exec.StepSize;
import dev.tensafe.model.shape.CheckpointLayout;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.ModelException;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.model.shape.RotaryEmbedding;
import dev.tensafe.nativelib.decoder.DecoderShape;
import dev.tensafe.nativelib.decoder.NativeDecoder;
import dev.tensafe.nativelib.decoder.NativeDecoder.Operation;
import dev.tensafe.nativelib.decoder.NumberFormat;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * The executor on native kernels: one call from embedding to logits, weights packed in huge pages,
 * attention over the blocks of the cache where they are. What a row gives depends on its sequence
 * alone, bit for bit: not on the rows beside it, on chunks, threads or instruction sets;
 * docs/ENGINE.md says how.
 */
public final class NativeExecutor implements ModelExecutor {
  private final ModelConfig config;
  private final NativeFormats formats;
  private final NativeDecoder decoder;
  private final StepList list;
  private final NativePass pass;
  private final SerialUse use = new SerialUse();

  private NativeExecutor(ModelConfig config, NativeFormats formats, NativeDecoder decoder) {
    this.config = config;
    this.formats = formats;
    this.decoder = decoder;
    this.list = new StepList(new RotaryEmbedding(config.rope(), config.headDim()));
    List<ProjectionGroup> groups = new ArrayList<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      groups.addAll(ProjectionGroup.ofLayer(config, layer));
    }
    this.pass = new NativePass(decoder, List.copyOf(groups));
  }

  /**
   * Loads a checkpoint. It is read once; afterwards it is not needed.
   *
   * @throws dev.tensafe.formats.CodedException when the checkpoint does not fit the configuration,
   *     cannot be read, or this machine has no room for it: {@code decoder.no_memory} where the
   *     system says so, {@code model.no_memory} where it would end the process instead
   */
  static NativeExecutor load(
      ModelConfig config,
      Checkpoint checkpoint,
      NativeFormats formats,
      int threads,
      boolean pinned) {
    CheckpointLayout.check(config, checkpoint.tensors());
    return load(
        config, checkpoint, formats, new NativeDecoder(shape(config, formats), threads, pinned));
  }

  /** As above, on the threads of another executor. */
  static NativeExecutor loadBeside(
      NativeExecutor other, ModelConfig config, Checkpoint checkpoint, NativeFormats formats) {
    CheckpointLayout.check(config, checkpoint.tensors());
    return load(
        config, checkpoint, formats, new NativeDecoder(shape(config, formats), other.decoder));
  }

  private static NativeExecutor load(
      ModelConfig config, Checkpoint checkpoint, NativeFormats formats, NativeDecoder decoder) {
    try {
      requireRoom(decoder.weightBytes(), FreeMemory.ofThisProcess().bytes());
      new WeightLoader(config, checkpoint, decoder).load();
      return new NativeExecutor(config, formats, decoder);
    } catch (RuntimeException | OutOfMemoryError e) {
      decoder.close();
      throw e;
    }
  }

  /** The system promises more than it has, and ends a process that takes it at its word. */
  static void requireRoom(long weightBytes, OptionalLong free) {
    if (free.isPresent() && free.getAsLong() < weightBytes) {
      throw new ModelException(
          "model.no_memory",
          "the weights take "
              + (weightBytes >> 20)
              + " MiB, and "
              + (free.getAsLong() >> 20)
              + " MiB are free for this process; free some, or keep weights in fewer bits");
    }
  }

  private static DecoderShape shape(ModelConfig c, NativeFormats formats) {
    return new DecoderShape(
        c.hiddenSize(),
        c.intermediateSize(),
        c.layers(),
        c.heads(),
        c.kvHeads(),
        c.headDim(),
        c.vocabSize(),
        c.rmsNormEps(),
        c.windows(),
        c.queryKeyNorm(),
        c.tiedEmbeddings(),
        formats.weights(),
        formats.ends(),
        formats.cache(),
        formats.order());
  }

  /** Bytes of packed weights. */
  long weightBytes() {
    return decoder.weightBytes();
  }

  /**
   * Bytes of weights that a step reads: all but an embedding table that is not the head too, of
   * which it reads a few rows.
   */
  public long stepBytes() {
    long table =
        config.tiedEmbeddings()
            ? 0
            : (long) config.vocabSize() * config.hiddenSize() * formats.ends().bytes();
    return decoder.weightBytes() - table;
  }

  /** Format of the projections. */
  public NumberFormat weightFormat() {
    return formats.weights();
  }

  /** Whether the system took the wish for huge pages. */
  boolean hugePages() {
    return decoder.hugePages();
  }

  /** The set of kernels it runs. */
  public String kernels() {
    return decoder.kernels();
  }

  /** Adds up from now on how long each kind of operation takes. For benchmarks. */
  public void measure(boolean on) {
    try (SerialUse.Turn turn = use.begin()) {
      decoder.measure(on);
    }
  }

  /** Nanoseconds by kind of operation, since {@link #measure}. */
  public Map<Operation, Long> times() {
    try (SerialUse.Turn turn = use.begin()) {
      Map<Operation, Long> times = new EnumMap<>(Operation.class);
      long[] nanos = decoder.times();
      int i = 0;
      for (Operation kind : Operation.values()) {
        times.put(kind, nanos[i++]);
      }
      return times;
    }
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  @Override
  public long bytesPerBlock() {
    return decoder.blockBytes();
  }

  @Override
  public void allocateCache(int blocks) {
    try (SerialUse.Turn turn = use.begin()) {
      decoder.allocateCache(blocks);
    }
  }

  @Override
  public void touchCache() {
    try (SerialUse.Turn turn = use.begin()) {
      decoder.touchCache();
    }
  }

  @Override
  public ForwardResult forward(ForwardBatch batch, List<ForwardHook> hooks) {
    try (SerialUse.Turn turn = use.begin()) {
      StepSize.check(config, batch.tokenCount(), batch.logitRowCount());
      int[] order = IntStream.range(0, batch.sequences().size()).toArray();
      StepHooks step = StepHooks.start(hooks, new StepRows(batch, order));
      list.write(batch);
      pass.run(list, step);
      int[] first = new int[order.length];
      int wanted = 0;
      for (int i = 0; i < first.length; i++) {
        first[i] = wanted;
        wanted += batch.sequences().get(i).logitRowCount();
      }
      return new ForwardResult(
          wanted == 0
              ? FloatBuffer.allocate(0)
              : decoder.logits(Math.multiplyExact(wanted, config.vocabSize())),
          config.vocabSize(),
          first,
          step.rows().failures());
    }
  }

  @Override
  public void close() {
    if (use.close()) {
      decoder.close();
    }
  }
}
