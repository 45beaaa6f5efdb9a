package dev.tensafe.training.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.training.TrainingException;
import dev.tensafe.training.loss.Datum;
import dev.tensafe.training.loss.LossResult;
import dev.tensafe.training.loss.LossValue;
import dev.tensafe.training.loss.Losses;
import dev.tensafe.training.loss.TokenLoss;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Low-rank matrices that are trained beside a {@link FrozenModel}, whose weights they share with
 * others. Confined to that model's thread.
 *
 * <p>Gradients add up from call to call until a step. Examples are computed in micro-batches, whose
 * borders are counted from the last step on. So on one thread calls with parts of a batch add up to
 * the gradient of one call to the bit when all parts but the last have a multiple of the
 * micro-batch's size ({@link PassOptions#microBatch}; always, if that is 1); else they differ by
 * rounding.
 */
public final class LoraTrainee implements AutoCloseable {
  private static final String GRADIENT = ".gradient";
  private static final String ROWS = "rows";

  /** Keeps a clipped gradient within the bound although norm and product are rounded. */
  private static final double ROUNDING = 1 - 1e-5;

  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private final FrozenModel model;
  private final DecoderPass pass;
  private final Precision precision;
  private final long seed;
  private final List<Parameter> parameters = new ArrayList<>();
  private final List<PtNDArray> sums;
  private final OptimizerState optimizer;
  private long rows;

  LoraTrainee(
      FrozenModel model,
      Map<String, PtNDArray> tensors,
      DecoderPass pass,
      LoraWeights lora,
      Precision precision,
      long seed) {
    this.model = model;
    this.pass = pass;
    this.precision = precision;
    this.seed = seed;
    pass.fill(tensors, p -> pair(p, lora.pair(p)));
    this.optimizer = new OptimizerState(parameters);
    this.sums = List.of(optimizer.script().tensors(pass.script().manager(), "zeros", values()));
  }

  private @Nullable List<PtNDArray> pair(Projection p, LoraWeights.@Nullable Pair pair) {
    if (pair == null) {
      return null;
    }
    long rank = pair.rank();
    return List.of(
        add(LoraWeights.tensorName(p, "A"), List.of(rank, (long) p.in()), pair.a()),
        add(LoraWeights.tensorName(p, "B"), List.of((long) p.out(), rank), pair.b()));
  }

  private PtNDArray add(String name, List<Long> shape, float[] values) {
    PtNDArray tensor = Tensors.create(pass.script().manager(), values, shape, precision);
    tensor.setRequiresGradient(true);
    parameters.add(new Parameter(name, shape, tensor, true));
    return tensor;
  }

  private NDList values() {
    NDList out = new NDList();
    parameters.forEach(p -> out.add(p.value()));
    return out;
  }

  private NDList sums() {
    NDList out = new NDList();
    out.addAll(sums);
    return out;
  }

  List<Parameter> parameters() {
    return parameters;
  }

  /**
   * The loss of examples, without gradients and dropout.
   *
   * @throws TrainingException {@code train.loss_input}, {@code train.loss_config}, {@code
   *     train.tokens} for input that is wrong, {@code train.memory}
   */
  public LossResult forward(List<Datum> data, TokenLoss loss, Map<String, Double> config) {
    Map<String, Double> complete = check(data, loss, config);
    PassTally tally = new PassTally();
    for (List<Datum> part : parts(data, 0)) {
      tally.logprobs(logprobs(part));
    }
    LossValue value = loss.evaluate(data, tally.logprobs(), complete);
    if (finite(value)) {
      tally.count(data, value);
    } else {
      tally.skip();
    }
    return tally.result();
  }

  /**
   * Adds the gradient of the examples' loss to the gradients. What has a loss or gradient that is
   * no finite number is left out and counted: a micro-batch, or all examples if the loss is not per
   * example.
   *
   * @return the log-probabilities, as they are under dropout
   * @throws TrainingException as {@link #forward}; nothing is added, except with {@code
   *     train.memory}
   */
  public LossResult forwardBackward(List<Datum> data, TokenLoss loss, Map<String, Double> config) {
    Map<String, Double> complete = check(data, loss, config);
    PassTally tally = new PassTally();
    List<List<Datum>> parts = parts(data, rows);
    if (loss.perExample() || parts.size() == 1) {
      for (List<Datum> part : parts) {
        backward(tally, part, p -> loss.evaluate(part, p, complete));
      }
    } else {
      together(tally, data, parts, loss, complete);
    }
    return tally.result();
  }

  /**
   * As the other, with the gradient of each example over all trained matrices clipped to a norm, so
   * that one example more or less moves the gradients by no more than that. An example whose loss
   * or gradient is no finite number is left out and counted.
   *
   * @param maxNorm greater than 0
   * @throws TrainingException also {@code train.privacy} for a loss that is not per example, or a
   *     norm that is none
   */
  public LossResult forwardBackward(
      List<Datum> data, TokenLoss loss, Map<String, Double> config, double maxNorm) {
    if (!loss.perExample()) {
      throw new TrainingException(
          "train.privacy",
          loss.name()
              + " compares examples with each other, so that none has a gradient of its own to be"
              + " clipped; take another loss, or train without differential privacy");
    }
    if (!(maxNorm > 0) || Double.isInfinite(maxNorm)) {
      throw new TrainingException(
          "train.privacy", "the norm to clip to is " + maxNorm + "; it is greater than 0");
    }
    Map<String, Double> complete = check(data, loss, config);
    PassTally tally = new PassTally();
    for (List<Datum> part : parts(data, rows)) {
      clipped(tally, part, p -> values(part, p, loss, complete), maxNorm);
    }
    return tally.result();
  }

  /** The loss of each example alone. */
  private static List<LossValue> values(
      List<Datum> part, float[][] logprobs, TokenLoss loss, Map<String, Double> config) {
    List<LossValue> out = new ArrayList<>();
    for (int i = 0; i < logprobs.length; i++) {
      out.add(loss.evaluate(List.of(part.get(i)), new float[][] {logprobs[i]}, config));
    }
    return out;
  }

  /** A loss that needs all examples: one pass for the log-probabilities, one for the gradient. */
  private void together(
      PassTally tally,
      List<Datum> data,
      List<List<Datum>> parts,
      TokenLoss loss,
      Map<String, Double> config) {
    PassTally second = new PassTally();
    long before = rows;
    for (List<Datum> part : parts) {
      // recorded, so that it draws the dropout that the second pass draws
      try (PtNDManager m = scope()) {
        DatumBatch batch = DatumBatch.of(part);
        tally.logprobs(batch.spread(floats(record(m, batch))));
      } catch (EngineException e) {
        throw Tensors.failure(e);
      }
    }
    LossValue value = loss.evaluate(data, tally.logprobs(), config);
    if (!finite(value)) {
      tally.skip();
      return;
    }
    rows = before;
    int from = 0;
    for (List<Datum> part : parts) {
      float[][] gradients = Arrays.copyOfRange(value.gradients(), from, from + part.size());
      backward(second, part, p -> new LossValue(0, gradients, Map.of()));
      from += part.size();
    }
    for (int i = 0; i < second.result().skipped(); i++) {
      tally.skip();
    }
    tally.count(data, value);
  }

  private void backward(PassTally tally, List<Datum> part, Function<float[][], LossValue> loss) {
    try (PtNDManager m = scope()) {
      DatumBatch batch = DatumBatch.of(part);
      @Nullable RecordedPass recorded = record(m, batch);
      float[][] logprobs = batch.spread(floats(recorded));
      LossValue value = loss.apply(logprobs);
      tally.logprobs(logprobs);
      if (finite(value)
          && (recorded == null || add(m, recorded, batch.gather(value.gradients())))) {
        tally.count(part, value);
      } else {
        tally.skip();
      }
    } catch (EngineException e) {
      throw Tensors.failure(e);
    }
  }

  /** Adds a recorded pass's gradient to the sums, if it is finite. */
  private boolean add(PtNDManager m, RecordedPass recorded, float[] slopes) {
    NDList gradients = differentiate(m, recorded, slopes, values());
    boolean finite =
        Double.isFinite(Tensors.scalar(optimizer.script().tensor(m, "norm", gradients)));
    if (finite) {
      optimizer.script().run("add", sums(), gradients);
    }
    optimizer.script().run("zero", gradients);
    return finite;
  }

  private void clipped(
      PassTally tally,
      List<Datum> part,
      Function<float[][], List<LossValue>> loss,
      double maxNorm) {
    try (PtNDManager m = scope()) {
      DatumBatch batch = DatumBatch.of(part);
      NDList copies = new NDList();
      for (PtNDArray copy : pass.script().tensors(m, "expand", values(), part.size())) {
        copy.setRequiresGradient(true);
        copies.add(copy);
      }
      useMatrices(copies);
      @Nullable RecordedPass recorded = record(m, batch);
      float[][] logprobs = batch.spread(floats(recorded));
      tally.logprobs(logprobs);
      List<LossValue> each = loss.apply(logprobs);
      float[][] slopes = new float[part.size()][];
      for (int i = 0; i < slopes.length; i++) {
        slopes[i] = each.get(i).gradients()[0];
        if (!finite(each.get(i))) {
          slopes[i] = new float[slopes[i].length];
        }
      }
      float[] norms = new float[part.size()];
      NDList gradients = new NDList();
      if (recorded != null) {
        gradients = differentiate(m, recorded, batch.gather(slopes), copies);
        norms = Tensors.floats(optimizer.script().tensor(m, "row_norms", gradients));
      }
      long[] kept = new long[norms.length];
      float[] factors = new float[norms.length];
      int count = 0;
      for (int i = 0; i < norms.length; i++) {
        if (Float.isFinite(norms[i]) && finite(each.get(i))) {
          kept[count] = i;
          factors[count++] =
              norms[i] > maxNorm * ROUNDING ? (float) (maxNorm * ROUNDING / norms[i]) : 1;
          tally.count(List.of(part.get(i)), each.get(i));
        } else {
          tally.skip();
        }
      }
      if (count > 0 && !gradients.isEmpty()) {
        optimizer
            .script()
            .run(
                "add_rows",
                sums(),
                gradients,
                m.create(Arrays.copyOf(kept, count)),
                Tensors.create(m, Arrays.copyOf(factors, count), List.of((long) count), precision));
      }
    } catch (EngineException e) {
      throw Tensors.failure(e);
    } finally {
      useMatrices(values());
    }
  }

  private void useMatrices(NDList list) {
    NDList a = new NDList();
    NDList b = new NDList();
    for (int i = 0; i < list.size(); i += 2) {
      a.add(list.get(i));
      b.add(list.get(i + 1));
    }
    pass.script().run("set_lora", a, b);
  }

  /** The gradients of the sum of {@code slopes · recorded} by tensors. */
  private NDList differentiate(
      PtNDManager m, RecordedPass recorded, float[] slopes, NDList tensors) {
    PtNDArray factors = Tensors.create(m, slopes, List.of((long) slopes.length), precision);
    recorded.backward(factors);
    NDList out = new NDList();
    for (NDArray tensor : tensors) {
      PtNDArray gradient = (PtNDArray) tensor.getGradient();
      gradient.attach(m);
      out.add(gradient);
    }
    return out;
  }

  /** A pass that is recorded; null if there is no target. Its examples are counted. */
  private @Nullable RecordedPass record(PtNDManager m, DatumBatch batch) {
    long drawn = dropoutSeed();
    rows += batch.data().size();
    if (batch.rows().length == 0) {
      return null;
    }
    return new RecordedPass(m, pass, batch, model.options().recompute(), drawn);
  }

  private float[][] logprobs(List<Datum> part) {
    try (PtNDManager m = scope()) {
      DatumBatch batch = DatumBatch.of(part);
      if (batch.rows().length == 0) {
        return batch.spread(new float[0]);
      }
      pass.cover(batch.batch().length());
      PtNDArray[] x = batch.arguments(m);
      return batch.spread(
          Tensors.floats(pass.script().tensor(m, "logprobs", x[0], x[1], x[2], x[3], x[4], false)));
    } catch (EngineException e) {
      throw Tensors.failure(e);
    }
  }

  /** For tests: the sum of log-probabilities times factors, in the precision of the pass. */
  double weighted(List<Datum> data, float[][] factors) {
    try (PtNDManager m = scope()) {
      DatumBatch batch = DatumBatch.of(data);
      PtNDArray[] x = batch.arguments(m);
      PtNDArray logprobs = pass.script().tensor(m, "logprobs", x[0], x[1], x[2], x[3], x[4], false);
      PtNDArray weights =
          Tensors.create(m, batch.gather(factors), List.of((long) batch.rows().length), precision);
      return Tensors.scalar(logprobs.mul(weights).sum());
    }
  }

  private static float[] floats(@Nullable RecordedPass pass) {
    return pass == null ? new float[0] : Tensors.floats(pass.logprobs());
  }

  /** What a micro-batch's dropout draws depends on the seed and on what came before it alone. */
  private long dropoutSeed() {
    return (seed * GOLDEN + optimizer.steps()) * GOLDEN + rows;
  }

  private static boolean finite(LossValue value) {
    if (!Double.isFinite(value.sum())) {
      return false;
    }
    for (float[] gradients : value.gradients()) {
      for (float gradient : gradients) {
        if (!Float.isFinite(gradient)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Examples by micro-batch, the first of which has been begun by those that came before. */
  private List<List<Datum>> parts(List<Datum> data, long before) {
    int size = model.options().microBatch();
    List<List<Datum>> out = new ArrayList<>();
    int from = 0;
    int to = Math.min(data.size(), size - (int) (before % size));
    while (from < data.size()) {
      out.add(data.subList(from, to));
      from = to;
      to = Math.min(data.size(), to + size);
    }
    return out;
  }

  private Map<String, Double> check(List<Datum> data, TokenLoss loss, Map<String, Double> config) {
    model.requireThread();
    if (data.isEmpty()) {
      throw new TrainingException("train.tokens", "there are no examples");
    }
    ModelConfig shape = model.config();
    for (int i = 0; i < data.size(); i++) {
      int[] tokens = data.get(i).tokens();
      if (tokens.length == 0 || tokens.length > shape.maxPositions()) {
        throw wrong(
            i, "it has " + tokens.length + " tokens; the model takes 1 to " + shape.maxPositions());
      }
      for (int token : tokens) {
        if (token < 0 || token >= shape.vocabSize()) {
          throw wrong(i, "a token is not in 0 to " + (shape.vocabSize() - 1));
        }
      }
    }
    Map<String, Double> complete = Losses.check(loss, data, config);
    for (int i = 0; i < data.size(); i++) {
      for (long target : data.get(i).targets()) {
        if (target != Datum.IGNORED && (target < 0 || target >= shape.vocabSize())) {
          throw wrong(
              i,
              "a target is not in 0 to "
                  + (shape.vocabSize() - 1)
                  + ", nor "
                  + Datum.IGNORED
                  + " for none");
        }
      }
    }
    return complete;
  }

  private static TrainingException wrong(int index, String what) {
    return new TrainingException("train.tokens", "example " + index + ": " + what);
  }

  /**
   * One optimizer step with the gradients: noise is added, the sum multiplied by {@code scale},
   * then by what brings its norm to {@code clip} if it is larger, then applied; the gradients
   * become 0. If the norm is not a finite number nothing is applied. Without gradients the step is
   * taken with zeros (and the noise).
   *
   * @param rate learning rate
   * @param clip 0 for none
   * @return the norm before clipping
   * @throws TrainingException {@code train.optimizer} when steps were taken with another one;
   *     nothing changed
   */
  public double step(
      OptimizerSpec spec, double rate, double scale, double clip, Optional<GradientNoise> noise) {
    model.requireThread();
    optimizer.prepare(spec);
    noise.ifPresent(
        n -> {
          for (PtNDArray sum : sums) {
            float[] values = Tensors.floats(sum);
            n.addTo(values);
            Tensors.overwrite(sum, values);
          }
        });
    rows = 0;
    return optimizer.step(spec, sums, rate, scale, clip);
  }

  /** The norm of the gradients summed so far, over all trained matrices. */
  public double gradientNorm() {
    model.requireThread();
    try (PtNDManager m = scope()) {
      return Tensors.scalar(optimizer.script().tensor(m, "norm", sums()));
    }
  }

  /** Names and shapes of what is trained, in a fixed order. */
  public Map<String, List<Long>> trained() {
    Map<String, List<Long>> out = new LinkedHashMap<>();
    parameters.forEach(p -> out.put(p.name(), p.shape()));
    return out;
  }

  /** Values of a trained tensor, row-major, as they are now. */
  public float[] values(String name) {
    return Tensors.floats(parameters.get(index(name)).value());
  }

  /** Replaces the values of a trained tensor. */
  public void set(String name, float[] values) {
    Tensors.overwrite(parameters.get(index(name)).value(), values);
  }

  private int index(String name) {
    for (int i = 0; i < parameters.size(); i++) {
      if (parameters.get(i).name().equals(name)) {
        return i;
      }
    }
    throw new IllegalArgumentException("nothing trained is called " + name);
  }

  /**
   * Names and shapes of all else that training depends on, in a fixed order: {@code rows}, the
   * number of examples since the last step; each tensor's {@code .gradient}; the moments of the
   * optimizer, once it has taken a step.
   */
  public Map<String, List<Long>> state() {
    Map<String, List<Long>> out = new LinkedHashMap<>();
    out.put(ROWS, List.of(1L));
    parameters.forEach(p -> out.put(p.name() + GRADIENT, p.shape()));
    out.putAll(optimizer.shapes());
    return out;
  }

  /** Values of a part of the state, as they are now. */
  public float[] stateValues(String name) {
    return name.equals(ROWS) ? new float[] {rows} : Tensors.floats(stateTensor(name));
  }

  /** Replaces the values of a part of the state; moments that are not there come into being. */
  public void setState(String name, float[] values) {
    if (name.equals(ROWS)) {
      rows = (long) values[0];
    } else {
      Tensors.overwrite(stateTensor(name), values);
    }
  }

  /**
   * Names and shapes of the state that there is after some steps of an optimizer: what a checkpoint
   * has to bring.
   *
   * @param taken steps; the moments are part of it once there are any
   */
  public Map<String, List<Long>> state(OptimizerSpec spec, long taken) {
    Map<String, List<Long>> out = new LinkedHashMap<>();
    out.put(ROWS, List.of(1L));
    parameters.forEach(p -> out.put(p.name() + GRADIENT, p.shape()));
    if (taken > 0) {
      out.putAll(optimizer.shapes(spec));
    }
    return out;
  }

  /**
   * Puts a whole state in the place of this one.
   *
   * @param state by name, as {@link #state(OptimizerSpec, long)} has it
   */
  public void restore(Map<String, float[]> state, long taken) {
    forget();
    state.forEach(this::setState);
    setSteps(taken);
  }

  /** Drops gradients and moments; the weights stay. */
  public void forget() {
    optimizer.forget();
    optimizer.script().run("zero", sums());
    rows = 0;
  }

  private PtNDArray stateTensor(String name) {
    return name.endsWith(GRADIENT)
        ? sums.get(index(name.substring(0, name.length() - GRADIENT.length())))
        : optimizer.moment(name);
  }

  /** Steps taken. */
  public long steps() {
    return optimizer.steps();
  }

  /** Counts on from a number of steps that the state has seen. */
  public void setSteps(long taken) {
    optimizer.setSteps(taken);
  }

  private PtNDManager scope() {
    return (PtNDManager) pass.script().manager().newSubManager();
  }

  @Override
  public void close() {
    model.requireThread();
    optimizer.close();
    pass.close();
  }
}
