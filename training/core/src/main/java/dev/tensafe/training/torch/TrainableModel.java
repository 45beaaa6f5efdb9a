package dev.tensafe.training.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import dev.tensafe.model.shape.CheckpointLayout;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.torch.ScriptModule;
import dev.tensafe.training.data.MicroBatch;
import dev.tensafe.training.data.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A decoder whose weights, or low-rank matrices beside them, can be trained: the forward pass of
 * {@code model/} over whole sequences, recorded by autograd. Confined to the thread that opened it.
 *
 * <p>The pass is TorchScript, as in serving: the array API's casts and copies cut gradients, and it
 * lacks fused attention. Every call has a scope of its own for tensors, so memory stays flat.
 */
public final class TrainableModel implements AutoCloseable {
  private static final long SEED_STEP = 0xd1342543de82ef95L;

  private final ModelConfig config;
  private final Precision precision;
  private final RotaryTables rotary;
  private final DecoderPass pass;
  private final ScriptModule script;
  private final LoraWeights lora;
  private final boolean trainsModel;
  private final List<Parameter> parameters = new ArrayList<>();
  private long drawn;

  private TrainableModel(
      ModelConfig config,
      Precision precision,
      RotaryTables rotary,
      DecoderPass pass,
      Adaptation adaptation,
      LoraWeights lora) {
    this.config = config;
    this.precision = precision;
    this.rotary = rotary;
    this.pass = pass;
    this.script = pass.script();
    this.lora = lora;
    this.trainsModel = adaptation instanceof Adaptation.None;
  }

  /**
   * Builds a model.
   *
   * @param weights asked for every tensor of {@link CheckpointLayout#expected}, in its order
   * @param threads compute threads; 1 makes runs repeatable to the bit
   */
  public static TrainableModel open(
      ModelConfig config,
      WeightSource weights,
      Precision precision,
      Adaptation adaptation,
      int threads) {
    DecoderPass.start(threads);
    LoraWeights lora = LoraWeights.of(adaptation);
    RotaryTables rotary = new RotaryTables(config, precision);
    DecoderPass pass = new DecoderPass(config, rotary, lora.dropout(), lora.scaling(), 0);
    try {
      TrainableModel model = new TrainableModel(config, precision, rotary, pass, adaptation, lora);
      model.load(weights);
      return model;
    } catch (RuntimeException e) {
      rotary.close();
      pass.close();
      throw e;
    }
  }

  private void load(WeightSource weights) {
    Map<String, PtNDArray> tensors = new LinkedHashMap<>();
    CheckpointLayout.expected(config)
        .forEach(
            (name, shape) ->
                tensors.put(name, add(name, shape, weights.values(name, shape), trainsModel)));
    pass.fill(
        tensors,
        p -> {
          LoraWeights.@Nullable Pair pair = lora.pair(p);
          return pair == null
              ? null
              : List.of(
                  addLora(p, "A", pair.rank(), p.in(), pair.a()),
                  addLora(p, "B", p.out(), pair.rank(), pair.b()));
        });
  }

  private PtNDArray addLora(Projection p, String side, int rows, int columns, float[] values) {
    return add(
        LoraWeights.tensorName(p, side),
        List.of((long) rows, (long) columns),
        values,
        lora.trained());
  }

  private PtNDArray add(String name, List<Long> shape, float[] values, boolean trained) {
    PtNDArray tensor = Tensors.create(script.manager(), values, shape, precision);
    if (trained) {
      tensor.setRequiresGradient(true);
      parameters.add(new Parameter(name, shape, tensor, shape.size() > 1));
    }
    return tensor;
  }

  public ModelConfig config() {
    return config;
  }

  /** The trained parameters, in a fixed order. */
  List<Parameter> parameters() {
    return parameters;
  }

  /** Numbers that are trained. */
  public long trainedElements() {
    return parameters.stream().mapToLong(Parameter::elements).sum();
  }

  /** Names and shapes of what is trained, in a fixed order. */
  public Map<String, List<Long>> trained() {
    Map<String, List<Long>> out = new LinkedHashMap<>();
    parameters.forEach(p -> out.put(p.name(), p.shape()));
    return out;
  }

  /** Values of a trained tensor, row-major, as they are now. */
  public float[] values(String name) {
    return Tensors.floats(parameter(name).value());
  }

  /** Replaces the values of a trained tensor. */
  public void set(String name, float[] values) {
    Parameter p = parameter(name);
    Tensors.overwrite(p.value(), values);
  }

  private Parameter parameter(String name) {
    return parameters.stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("nothing trained is called " + name));
  }

  /** Seeds what passes draw from: dropout. */
  public void seed(long seed) {
    drawn = seed;
  }

  /**
   * Adds the gradient of the micro-batch's loss, divided by {@code divisor}, to the gradients.
   * Nothing is added when the loss is not a finite number.
   *
   * @return the sum of the negative log-likelihoods of all scored positions, in nats
   * @throws dev.tensafe.training.TrainingException {@code train.memory} when the system gives no
   *     more memory
   */
  public double backward(MicroBatch batch, double divisor) {
    try (PtNDManager m = scope()) {
      PtNDArray loss = loss(m, batch, true);
      double sum = Tensors.scalar(loss);
      if (Double.isFinite(sum)) {
        JniUtils.backward(
            loss,
            (PtNDArray) m.full(new Shape(), (float) (1 / divisor), precision.type()),
            false,
            false);
      }
      return sum;
    } catch (EngineException e) {
      throw Tensors.failure(e);
    }
  }

  /** As {@link #backward}, without gradients and dropout. */
  public double loss(MicroBatch batch) {
    try (PtNDManager m = scope()) {
      return Tensors.scalar(loss(m, batch, false));
    }
  }

  /**
   * Logits of some positions.
   *
   * @param rows indices into the micro-batch's {@code [rows, length]}
   * @return {@code [rows.length, vocabSize]}, row-major
   */
  public float[] logits(MicroBatch batch, long[] rows) {
    try (PtNDManager m = scope()) {
      pass.cover(batch.length());
      PtNDArray out =
          script.tensor(
              m,
              "logits",
              matrix(m, batch, batch.tokens()),
              matrix(m, batch, batch.positions()),
              matrix(m, batch, batch.segments()),
              m.create(rows),
              false);
      return Tensors.floats(out);
    }
  }

  private PtNDArray loss(PtNDManager m, MicroBatch batch, boolean train) {
    pass.cover(batch.length());
    int scored = batch.scored();
    long[] rows = new long[scored];
    long[] labels = new long[scored];
    int at = 0;
    for (int i = 0; i < batch.labels().length; i++) {
      if (batch.labels()[i] != Row.IGNORED) {
        rows[at] = i;
        labels[at++] = batch.labels()[i];
      }
    }
    PtNDArray[] inputs = {
      matrix(m, batch, batch.tokens()),
      matrix(m, batch, batch.positions()),
      matrix(m, batch, batch.segments()),
      (PtNDArray) m.create(rows),
      (PtNDArray) m.create(labels)
    };
    if (train) {
      pass.drawMasks(m, batch.rows(), batch.length(), 0, config.layers(), drawn);
      drawn += SEED_STEP;
    }
    return train
        ? script.recorded(inputs)
        : script.tensor(m, "loss", inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], false);
  }

  private static PtNDArray matrix(PtNDManager m, MicroBatch batch, long[] values) {
    return (PtNDArray) m.create(values, new Shape(batch.rows(), batch.length()));
  }

  private PtNDManager scope() {
    return (PtNDManager) script.manager().newSubManager();
  }

  @Override
  public void close() {
    pass.close();
    rotary.close();
  }
}
