package dev.tensafe.training.torch;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.shape.ProjectionKind;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.training.loss.Datum;
import dev.tensafe.training.loss.LossInput;
import dev.tensafe.training.loss.TokenLoss;
import dev.tensafe.training.loss.TokenValues;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A small frozen model, adapters beside it and random examples for them. */
final class TraineeSubject implements AutoCloseable {
  static final int VOCAB = 300;

  private final Random random;
  private final FrozenModel model;

  private TraineeSubject(FrozenModel model, Random random) {
    this.model = model;
    this.random = random;
  }

  /** A random generator whose seed is printed. */
  static Random random(String test) {
    String fixed = System.getProperty("seed");
    long seed = fixed == null ? new Random().nextLong() : Long.parseLong(fixed);
    System.out.println(test + " seed " + seed);
    return new Random(seed);
  }

  static TraineeSubject open(Path dir, PassOptions options, Precision precision, Random random)
      throws Exception {
    return open(dir, options, precision, random, true);
  }

  /**
   * @param fresh whether the model is made, or one that was made before read again
   */
  static TraineeSubject open(
      Path dir, PassOptions options, Precision precision, Random random, boolean fresh)
      throws Exception {
    if (fresh) {
      SyntheticModel.write(
          dir.resolve("m"),
          SyntheticModel.llama(16, 24, 2, 4, 2, VOCAB, 64),
          DType.F32,
          random.nextLong());
    }
    try (ModelFiles files = ModelFiles.open(dir.resolve("m"), Clock.systemUTC())) {
      return new TraineeSubject(
          FrozenModel.open(
              files.config(), new CheckpointWeights(files.checkpoint()), options, precision, 1),
          random);
    }
  }

  FrozenModel model() {
    return model;
  }

  LoraTrainee trainee() {
    return trainee(0);
  }

  /** An adapter whose matrices are both random: with B = 0 nothing would depend on A. */
  LoraTrainee trainee(double dropout) {
    LoraTrainee out =
        model.trainee(
            new LoraSpec(
                3,
                BigDecimal.valueOf(6),
                dropout,
                EnumSet.of(
                    ProjectionKind.Q, ProjectionKind.K, ProjectionKind.O, ProjectionKind.DOWN),
                false),
            7);
    out.trained()
        .forEach(
            (name, shape) -> {
              float[] values = out.values(name);
              for (int i = 0; i < values.length; i++) {
                values[i] = (float) (0.3 * random.nextGaussian());
              }
              out.set(name, values);
            });
    return out;
  }

  /** Gives one adapter's matrices to another. */
  void alike(LoraTrainee from, LoraTrainee to) {
    from.trained().keySet().forEach(name -> to.set(name, from.values(name)));
  }

  Datum plain(int[] tokens, long[] targets) {
    return new Datum(tokens, Map.of("target_tokens", new TokenValues.Integers(targets)));
  }

  /** Random examples with what a loss requires. */
  List<Datum> data(TokenLoss loss, int count) {
    List<Datum> out = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int n = 4 + random.nextInt(9);
      long[] targets = random.longs(n, 0, VOCAB).toArray();
      targets[random.nextInt(n)] = Datum.IGNORED;
      float[] weights = new float[n];
      for (int t = 0; t < n; t++) {
        weights[t] = random.nextInt(5) == 0 ? 0 : (float) (0.2 + random.nextDouble());
      }
      Map<String, TokenValues> inputs = new HashMap<>();
      inputs.put(Datum.TARGETS, new TokenValues.Integers(targets));
      inputs.put(Datum.WEIGHTS, new TokenValues.Reals(weights));
      for (LossInput input : loss.inputs()) {
        if (input.required()) {
          inputs.put(input.name(), new TokenValues.Reals(values(input.name(), n)));
        }
      }
      out.add(new Datum(random.ints(n, 0, VOCAB).toArray(), inputs));
    }
    return out;
  }

  private float[] values(String name, int n) {
    float[] out = new float[n];
    for (int t = 0; t < n; t++) {
      out[t] =
          (float)
              (name.equals("logprobs") ? -5.7 + random.nextGaussian() / 2 : random.nextGaussian());
    }
    return out;
  }

  @Override
  public void close() {
    model.close();
  }
}
