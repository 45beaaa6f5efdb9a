package dev.tensafe.training.torch;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import dev.tensafe.model.shape.CheckpointLayout;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.model.shape.ProjectionKind;
import dev.tensafe.model.torch.ScriptModule;
import dev.tensafe.model.torch.TorchRuntime;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The pass of a decoder over given tensors. Those are not copied: several passes can share them.
 * Confined to one thread.
 */
final class DecoderPass implements AutoCloseable {
  private static final int GROUPS = ProjectionKind.GroupKind.values().length;
  private static final long MASK_SEED = 0x2545f4914f6cdd1dL;

  private final ModelConfig config;
  private final RotaryTables rotary;
  private final ScriptModule script;
  private final DropoutMasks masks;
  private final Set<Integer> adapted = new HashSet<>();
  private int covered;

  /**
   * @param cap bound of the logits, 0 for none
   */
  DecoderPass(ModelConfig config, RotaryTables rotary, double dropout, double scaling, double cap) {
    this.config = config;
    this.rotary = rotary;
    this.masks = new DropoutMasks(dropout);
    this.script = new ScriptModule("Trainee", DecoderPass.class, "trainee.torchscript");
    script.run(
        "configure",
        config.heads(),
        config.kvHeads(),
        config.headDim(),
        config.rmsNormEps(),
        masks.share(),
        scaling,
        cap);
  }

  /** Settings of the library for this thread, on which all that follows happens. */
  static void start(int threads) {
    TorchRuntime.start(threads);
    JniUtils.setGradMode(false);
    // Otherwise a script's second and later runs use other formulas for gradients than its first,
    // and a run that was resumed would differ from one that was not. The setting belongs to this
    // thread, which is why models do.
    JniUtils.setGraphExecutorOptimize(false);
  }

  ScriptModule script() {
    return script;
  }

  int layers() {
    return config.layers();
  }

  /**
   * Puts tensors where the pass reads them.
   *
   * @param tensors by their names in a checkpoint
   * @param lora the matrices A and B of a projection, or null
   */
  void fill(Map<String, PtNDArray> tensors, Function<Projection, @Nullable List<PtNDArray>> lora) {
    PtNDArray none =
        script.manager().create(new Shape(0), tensors.values().iterator().next().getDataType());
    for (int layer = 0; layer < config.layers(); layer++) {
      for (ProjectionGroup group : ProjectionGroup.ofLayer(config, layer)) {
        for (Projection p : group.projections()) {
          @Nullable List<PtNDArray> pair = lora.apply(p);
          if (pair != null) {
            adapted.add(group(p.layer(), p.kind().group()));
          }
          script.run(
              "add_projection",
              tensors.getOrDefault(CheckpointLayout.weight(p), none),
              tensors.getOrDefault(CheckpointLayout.bias(p), none),
              pair == null ? none : pair.get(0),
              pair == null ? none : pair.get(1));
        }
      }
      script.run(
          "add_layer",
          tensors.getOrDefault(CheckpointLayout.layerTensor(layer, "input_layernorm"), none),
          tensors.getOrDefault(
              CheckpointLayout.layerTensor(layer, "post_attention_layernorm"), none),
          tensors.getOrDefault(CheckpointLayout.layerTensor(layer, "self_attn.q_norm"), none),
          tensors.getOrDefault(CheckpointLayout.layerTensor(layer, "self_attn.k_norm"), none),
          config.windows().get(layer));
    }
    script.run(
        "set_ends",
        tensors.getOrDefault(CheckpointLayout.EMBEDDING, none),
        tensors.getOrDefault(CheckpointLayout.FINAL_NORM, none),
        tensors.getOrDefault(CheckpointLayout.HEAD, none));
  }

  /** Makes the tables of cosines and sines cover positions below {@code length}. */
  void cover(int length) {
    if (length > covered) {
      List<PtNDArray> tables = rotary.cover(length);
      script.run("set_rotary", tables.get(0), tables.get(1));
      covered = rotary.length();
    }
  }

  private static int group(int layer, ProjectionKind.GroupKind kind) {
    return layer * GROUPS + kind.wireId();
  }

  /**
   * Draws what the next recorded pass leaves out. Projections that read one input share its mask;
   * PEFT draws one for each, which differs in that their errors are independent.
   *
   * @param m owns the masks
   * @param from first layer
   * @param to layer after the last one
   * @param seed gives the same masks again for the same shape and layer
   */
  void drawMasks(PtNDManager m, int rows, int length, int from, int to, long seed) {
    if (masks.share() == 0) {
      return;
    }
    NDList drawn = new NDList();
    for (int layer = from; layer < to; layer++) {
      for (ProjectionGroup group : ProjectionGroup.ofLayer(config, layer)) {
        int number = group(layer, group.kind());
        drawn.add(
            adapted.contains(number)
                ? masks.draw(
                    m, new Shape(rows, length, group.in()), seed + (number + 1) * MASK_SEED)
                : m.create(new Shape(0), DataType.BOOLEAN));
      }
    }
    script.run("set_masks", drawn, group(from, ProjectionKind.GroupKind.QKV));
  }

  @Override
  public void close() {
    script.close();
  }
}
