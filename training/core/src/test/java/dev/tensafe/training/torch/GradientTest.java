package dev.tensafe.training.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.shape.ProjectionKind;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.training.data.MicroBatch;
import dev.tensafe.training.data.Row;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Gradients of small models against finite differences, in float64. */
class GradientTest {
  private static final double STEP = 1e-6;

  @TempDir private Path dir;

  private static ObjectNode small() {
    return SyntheticModel.llama(16, 24, 2, 4, 2, 300, 64);
  }

  @Test
  void ofLlamaMatchFiniteDifferences() throws Exception {
    check(small(), new Adaptation.None());
  }

  @Test
  void ofAnUntiedHeadAndBiasesMatchFiniteDifferences() throws Exception {
    ObjectNode shape = small();
    shape.put("tie_word_embeddings", false).put("attention_bias", true).put("mlp_bias", true);
    check(shape, new Adaptation.None());
  }

  @Test
  void ofNormalisedQueriesAndKeysMatchFiniteDifferences() throws Exception {
    ObjectNode shape = small().put("head_dim", 8);
    shape.putArray("architectures").add("Qwen3ForCausalLM");
    check(shape, new Adaptation.None());
  }

  @Test
  void ofASlidingWindowMatchFiniteDifferences() throws Exception {
    ObjectNode shape = small().put("sliding_window", 3);
    shape.putArray("architectures").add("MistralForCausalLM");
    check(shape, new Adaptation.None());
  }

  @Test
  void ofLowRankMatricesMatchFiniteDifferences() throws Exception {
    check(
        small(),
        new Adaptation.Fresh(
            new LoraSpec(
                3,
                BigDecimal.valueOf(6),
                0,
                EnumSet.of(ProjectionKind.Q, ProjectionKind.O, ProjectionKind.DOWN),
                true),
            5));
  }

  private void check(ObjectNode shape, Adaptation adaptation) throws Exception {
    long seed = new Random().nextLong();
    System.out.println("GradientTest seed " + seed);
    Random random = new Random(seed);
    SyntheticModel.write(dir.resolve("m"), shape, DType.F32, seed);
    try (ModelFiles files = ModelFiles.open(dir.resolve("m"), Clock.systemUTC());
        TrainableModel model =
            TrainableModel.open(
                files.config(),
                new CheckpointWeights(files.checkpoint()),
                Precision.F64,
                adaptation,
                1)) {
      MicroBatch batch = batch(random, 300);
      if (adaptation instanceof Adaptation.Fresh) {
        // with B = 0 nothing would depend on A
        model.trained().keySet().stream()
            .filter(name -> name.contains("lora_B"))
            .forEach(name -> model.set(name, noise(model.values(name).length, random)));
      }
      int scored = batch.scored();
      double before = model.backward(batch, scored);
      assertEquals(before, model.loss(batch), 1e-9 * before);
      for (Parameter p : model.parameters()) {
        double[] g = p.value().getGradient().toDoubleArray();
        double largest = 0;
        for (double value : g) {
          largest = Math.max(largest, Math.abs(value));
        }
        assertTrue(
            largest > 0 || p.name().endsWith("lora_A.weight"), p.name() + " has no gradient");
        for (int k = 0; k < 6; k++) {
          int i = random.nextInt(g.length);
          double slope = slope(model, p, i, batch) / scored;
          assertEquals(slope, g[i], 1e-6 * largest + 1e-9, p.name() + " at " + i);
        }
      }
    }
  }

  private static float[] noise(int count, Random random) {
    float[] out = new float[count];
    for (int i = 0; i < count; i++) {
      out[i] = (float) (0.3 * random.nextGaussian());
    }
    return out;
  }

  /** Central difference of the loss. */
  private static double slope(TrainableModel model, Parameter p, int i, MicroBatch batch) {
    ByteBuffer live = p.value().toByteBuffer(true).order(ByteOrder.nativeOrder());
    double value = live.getDouble(8 * i);
    live.putDouble(8 * i, value + STEP);
    double above = model.loss(batch);
    live.putDouble(8 * i, value - STEP);
    double below = model.loss(batch);
    live.putDouble(8 * i, value);
    return (above - below) / (2 * STEP);
  }

  private static MicroBatch batch(Random random, int vocab) {
    List<Row> rows = new ArrayList<>();
    for (int r = 0; r < 2; r++) {
      int n = 9 + r;
      int[] tokens = random.ints(n, 0, vocab).toArray();
      int[] labels = new int[n];
      int[] positions = new int[n];
      int[] segments = new int[n];
      for (int i = 0; i < n; i++) {
        segments[i] = i < 4 ? 0 : 1;
        positions[i] = i < 4 ? i : i - 4;
        labels[i] = i + 1 == n || i == 3 || i == 5 ? Row.IGNORED : tokens[i + 1];
      }
      rows.add(new Row(tokens, labels, positions, segments));
    }
    return MicroBatch.of(rows);
  }
}
