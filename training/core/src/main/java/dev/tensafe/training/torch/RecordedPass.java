package dev.tensafe.training.torch;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import dev.tensafe.training.data.MicroBatch;
import java.util.ArrayList;
import java.util.List;

/**
 * One pass over a batch with dropout, whose log-probabilities are known before their gradient is
 * given. It is recorded as a whole, or layer by layer, where each layer's input is kept and the
 * layer computed again.
 */
final class RecordedPass {
  /** What the script's recorded method computes. */
  private static final int WHOLE = 1;

  private static final int LAYER = 2;
  private static final int ENDS = 3;

  private final PtNDManager manager;
  private final DecoderPass pass;
  private final long seed;
  private final MicroBatch batch;
  private final PtNDArray[] inputs;
  private final List<PtNDArray> hidden = new ArrayList<>();
  private final PtNDArray logprobs;

  /**
   * Makes the forward pass.
   *
   * @param m owns all tensors
   * @param again whether each layer is computed again for its gradient
   * @param seed of dropout
   */
  RecordedPass(PtNDManager m, DecoderPass pass, DatumBatch batch, boolean again, long seed) {
    this.manager = m;
    this.pass = pass;
    this.seed = seed;
    this.inputs = batch.arguments(m);
    pass.cover(batch.batch().length());
    this.batch = batch.batch();
    int layers = pass.layers();
    if (!again) {
      drawMasks(0, layers);
      logprobs = record(WHOLE, 0, inputs[0]);
      return;
    }
    try (PtNDArray output = pass.script().tensor(m, "embedded", inputs[0])) {
      hidden.add(JniUtils.clone(output));
    }
    for (int layer = 0; layer < layers; layer++) {
      drawMasks(layer, layer + 1);
      PtNDArray input = hidden.get(layer);
      try (PtNDArray output =
          pass.script().tensor(m, "single", layer, input, inputs[1], inputs[2], true)) {
        // what comes out of a method that is not recorded can never be recorded; its copy can
        hidden.add(JniUtils.clone(output));
      }
    }
    PtNDArray last = hidden.get(layers);
    last.setRequiresGradient(true);
    logprobs = record(ENDS, 0, last);
  }

  /** A layer's dropout is the same both times. */
  private void drawMasks(int from, int to) {
    pass.drawMasks(manager, batch.rows(), batch.length(), from, to, seed);
  }

  private PtNDArray record(int part, int layer, PtNDArray x) {
    pass.script().run("record", part, layer);
    return pass.script().recorded(x, inputs[1], inputs[2], inputs[3], inputs[4]);
  }

  /** Of the targets, in the order of the batch's rows. */
  PtNDArray logprobs() {
    return logprobs;
  }

  /** Adds the gradient of the sum of {@code slopes · logprobs} to that of the leaves. Once. */
  void backward(PtNDArray slopes) {
    JniUtils.backward(logprobs, slopes, false, false);
    for (int layer = hidden.size() - 2; layer >= 0; layer--) {
      PtNDArray after = hidden.get(layer + 1);
      PtNDArray gradient = after.getGradient();
      gradient.attach(manager);
      after.close();
      PtNDArray input = hidden.get(layer);
      // the embedding is frozen: nobody asks for the first layer's
      input.setRequiresGradient(layer > 0);
      drawMasks(layer, layer + 1);
      try (PtNDArray output = record(LAYER, layer, input)) {
        JniUtils.backward(output, gradient, false, false);
      }
      gradient.close();
    }
  }
}
