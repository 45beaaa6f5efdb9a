package dev.tensafe.model.torch;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.exec.SerialUse;
import dev.tensafe.model.exec.StepHooks;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.exec.StepSize;
import dev.tensafe.model.shape.CheckpointLayout;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.model.shape.RotaryEmbedding;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The executor on PyTorch through DJL: oneDNN prepacked linears, paged cache with one page gather
 * per layer and step. {@link HookedPass} runs the layers and, between them, the hooks. The
 * reference that later executors are compared with.
 *
 * <p>CPU only: the same script would run on CUDA tensors with plain linears, but no GPU natives
 * matching this PyTorch build are published, so that path is not offered.
 */
public final class TorchExecutor implements ModelExecutor {
  private static final Logger LOG = LoggerFactory.getLogger(TorchExecutor.class);

  /** Rows the packed layout of weights is chosen for; measured best between 1 and 32 rows. */
  private static final int PACKING_ROWS = 8;

  private final ModelConfig config;
  private final ComputeType type;
  private final RotaryEmbedding rotary;
  private final ScriptModule script;
  // Held: the embedding table aliases its mapping.
  private final WeightReader weights;
  private final List<List<ProjectionGroup>> groups = new ArrayList<>();
  private final HookedPass layers;
  private final SerialUse use = new SerialUse();
  private @Nullable PtNDArray logits;

  private TorchExecutor(
      ModelConfig config, ComputeType type, ScriptModule script, WeightReader weights) {
    this.config = config;
    this.type = type;
    this.script = script;
    this.weights = weights;
    this.rotary = new RotaryEmbedding(config.rope(), config.headDim());
    for (int layer = 0; layer < config.layers(); layer++) {
      groups.add(ProjectionGroup.ofLayer(config, layer));
    }
    this.layers = new HookedPass(script, groups);
  }

  /** The type {@code --dtype auto} stands for: bf16 where weights are and the CPU multiplies it. */
  public static ComputeType chooseType(Checkpoint checkpoint) {
    boolean stored =
        checkpoint.tensors().values().stream().anyMatch(info -> info.dtype() == DType.BF16);
    boolean fast = CpuFeatures.probe().multipliesBf16();
    ComputeType type = stored && fast ? ComputeType.BF16 : ComputeType.F32;
    LOG.info("compute type {}: bf16 weights {}, bf16 instructions {}", type, stored, fast);
    return type;
  }

  /**
   * Loads a checkpoint.
   *
   * @param threads compute threads
   * @throws dev.tensafe.formats.CodedException when the checkpoint does not fit the configuration
   */
  public static TorchExecutor load(
      ModelConfig config, Checkpoint checkpoint, ComputeType type, int threads) {
    CheckpointLayout.check(config, checkpoint.tensors());
    TorchRuntime.start(threads);
    boolean prepacked = type == ComputeType.F32 || CpuFeatures.probe().packsBf16();
    if (!prepacked) {
      LOG.warn("bf16 without AVX-512: oneDNN packs no weights, linears are slow; use f32 here");
    }
    ScriptModule script = new ScriptModule("Decoder", TorchExecutor.class, "decoder.torchscript");
    try {
      script.run(
          "configure",
          type.scalarType(),
          prepacked,
          config.heads(),
          config.kvHeads(),
          config.headDim(),
          BLOCK_SIZE,
          config.rmsNormEps(),
          1 / Math.sqrt(config.headDim()));
      WeightReader weights = new WeightReader(checkpoint, script);
      TorchExecutor executor = new TorchExecutor(config, type, script, weights);
      executor.loadWeights();
      return executor;
    } catch (RuntimeException e) {
      script.close();
      throw e;
    }
  }

  private void loadWeights() {
    for (int layer = 0; layer < config.layers(); layer++) {
      try (PtNDManager m = scope()) {
        PtNDArray none = (PtNDArray) m.create(new float[0]);
        for (ProjectionGroup group : groups.get(layer)) {
          for (Projection p : group.projections()) {
            boolean bias = CheckpointLayout.hasBias(config, p);
            script.run(
                "add_projection",
                weights.read(m, CheckpointLayout.weight(p)),
                bias ? weights.read(m, CheckpointLayout.bias(p)) : none,
                PACKING_ROWS);
          }
        }
        boolean norms = config.queryKeyNorm();
        script.run(
            "add_layer",
            weights.read(m, CheckpointLayout.layerTensor(layer, "input_layernorm")),
            weights.read(m, CheckpointLayout.layerTensor(layer, "post_attention_layernorm")),
            norms ? weights.read(m, CheckpointLayout.layerTensor(layer, "self_attn.q_norm")) : none,
            norms ? weights.read(m, CheckpointLayout.layerTensor(layer, "self_attn.k_norm")) : none,
            config.windows().get(layer));
      }
    }
    try (PtNDManager m = scope()) {
      PtNDArray embedding = weights.read(m, CheckpointLayout.EMBEDDING);
      script.run(
          "set_ends",
          embedding,
          weights.read(m, CheckpointLayout.FINAL_NORM),
          config.tiedEmbeddings() ? embedding : weights.read(m, CheckpointLayout.HEAD),
          PACKING_ROWS);
    }
    try (PtNDManager m = scope()) {
      long plain = script.tensor(m, "plain_weights").getLong();
      if (plain > 0) {
        LOG.warn(
            "oneDNN packs {} matrices so that products are wrong on this processor; they stay"
                + " unpacked, and linears are slower",
            plain);
      }
    }
  }

  private PtNDManager scope() {
    return (PtNDManager) script.manager().newSubManager();
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  @Override
  public long bytesPerBlock() {
    return 2L * config.layers() * BLOCK_SIZE * config.keyValueSize() * type.bytes();
  }

  @Override
  public void allocateCache(int blocks) {
    try (SerialUse.Turn turn = use.begin()) {
      script.run("clear_cache");
      for (int layer = 0; layer < config.layers(); layer++) {
        // One call per layer: the script compiler merges equal allocations, even of tensors that
        // are written to later, when it sees them in one method.
        script.run("add_cache", blocks);
      }
    }
  }

  @Override
  public ForwardResult forward(ForwardBatch batch, List<ForwardHook> hooks) {
    try (SerialUse.Turn turn = use.begin()) {
      StepSize.check(config, batch.tokenCount(), batch.logitRowCount());
      freeLogits();
      StepLayout layout = new StepLayout(batch);
      StepHooks step = StepHooks.start(hooks, new StepRows(batch, layout.order()));
      try (PtNDManager m = scope()) {
        prepare(m, batch, layout);
        PtNDArray embedded = script.tensor(m, "embed", integers(m, layout.tokens()));
        return result(m, batch, step.rows(), layers.run(m, embedded, step));
      }
    }
  }

  private void freeLogits() {
    if (logits != null) {
      logits.close();
      logits = null;
    }
  }

  private void prepare(PtNDManager m, ForwardBatch batch, StepLayout layout) {
    int tokens = batch.tokenCount();
    ByteBuffer cosines = floats(tokens * rotary.half());
    ByteBuffer sines = floats(tokens * rotary.half());
    FloatBuffer c = cosines.asFloatBuffer();
    FloatBuffer s = sines.asFloatBuffer();
    for (int index : layout.order()) {
      SequenceInput sequence = batch.sequences().get(index);
      for (int i = 0; i < sequence.tokenCount(); i++) {
        rotary.put(sequence.start() + i, sequence.promptLength(), c, s);
      }
    }
    Shape shape = new Shape(tokens, rotary.half());
    script.run(
        "begin_step",
        m.create(cosines, shape, DataType.FLOAT32),
        m.create(sines, shape, DataType.FLOAT32),
        integers(m, layout.slots()));
    for (StepLayout.Group group : layout.groups()) {
      script.run(
          "add_group",
          group.members().size(),
          group.rows(),
          integers(m, layout.positions(group)),
          integers(m, layout.blocks(group)),
          group.blockCount(),
          config.window());
    }
  }

  private ForwardResult result(PtNDManager m, ForwardBatch batch, StepRows rows, PtNDArray hidden) {
    int count = batch.sequences().size();
    int[] first = new int[count];
    int wanted = 0;
    for (int i = 0; i < count; i++) {
      first[i] = wanted;
      wanted += batch.sequences().get(i).logitRowCount();
    }
    if (wanted == 0) {
      return new ForwardResult(FloatBuffer.allocate(0), config.vocabSize(), first, rows.failures());
    }
    long[] picked = new long[wanted];
    for (int i = 0; i < count; i++) {
      int end = rows.firstRow(i) + rows.rowCount(i);
      int n = batch.sequences().get(i).logitRowCount();
      for (int j = 0; j < n; j++) {
        picked[first[i] + j] = end - n + j;
      }
    }
    PtNDArray out = script.tensor(script.manager(), "logits", hidden, integers(m, picked));
    logits = out;
    return new ForwardResult(HookedPass.live(out), config.vocabSize(), first, rows.failures());
  }

  private static ByteBuffer floats(int count) {
    return ByteBuffer.allocateDirect(count * Float.BYTES).order(ByteOrder.nativeOrder());
  }

  private static PtNDArray integers(PtNDManager m, long[] values) {
    return (PtNDArray) m.create(values);
  }

  @Override
  public void close() {
    if (use.close()) {
      freeLogits();
      script.close();
    }
  }
}
