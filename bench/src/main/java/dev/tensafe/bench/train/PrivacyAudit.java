package dev.tensafe.bench.train;

import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.ProjectionKind;
import dev.tensafe.privacy.GaussianStream;
import dev.tensafe.privacy.PrivateNoise;
import dev.tensafe.privacy.RdpAccountant;
import dev.tensafe.privacy.SampledGaussian;
import dev.tensafe.training.loss.Datum;
import dev.tensafe.training.loss.Losses;
import dev.tensafe.training.loss.TokenLoss;
import dev.tensafe.training.loss.TokenValues;
import dev.tensafe.training.torch.CheckpointWeights;
import dev.tensafe.training.torch.FrozenModel;
import dev.tensafe.training.torch.LoraSpec;
import dev.tensafe.training.torch.LoraTrainee;
import dev.tensafe.training.torch.OptimizerSpec;
import dev.tensafe.training.torch.PassOptions;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * Membership inference by canaries (Yeom et al., arXiv:1709.01604; Jagielski et al.,
 * arXiv:2006.07709): many short runs, each with or without one example of random tokens, by a coin;
 * the attacker sees the weights at the end and guesses, by how much the example's loss fell,
 * whether it was there. Every step sees all examples, the case in which sampling protects nothing.
 */
public final class PrivacyAudit implements AutoCloseable {
  private static final int EXAMPLES = 15;
  private static final int LENGTH = 16;
  private static final int STEPS = 10;
  private static final int RANK = 8;
  private static final double CLIP = 1;
  private static final double RATE = 1e-2;
  private static final double DELTA = 1e-5;
  private static final OptimizerSpec ADAM = new OptimizerSpec.AdamW(0.9, 0.95, 1e-8, 0);

  private final FrozenModel model;
  private final ModelConfig config;
  private final TokenLoss loss = Losses.all().named("cross_entropy");
  private final long seed;

  /**
   * @param directory of the model
   * @param seed of texts, canaries and coins
   */
  public PrivacyAudit(Path directory, long seed) {
    try (ModelFiles files = ModelFiles.open(directory, Clock.systemUTC())) {
      this.config = files.config();
      this.model =
          FrozenModel.open(
              config, new CheckpointWeights(files.checkpoint()), new PassOptions(16, 0), 1);
    }
    this.seed = seed;
  }

  /**
   * What an attack achieved.
   *
   * @param advantage share of members found less share of others taken for members, at a threshold
   *     that was chosen on other runs
   * @param deviation of the advantage, for runs that are told apart by chance alone
   * @param area under the curve of all thresholds; 0.5 by chance
   * @param bound of any attack's advantage; 1 without privacy
   */
  public record Attack(double advantage, double deviation, double area, double bound) {}

  /** The noise multiplier with which all steps of a run together have an epsilon. */
  public static double noiseFor(double epsilon) {
    double low = 0.1;
    double high = 1000;
    for (int i = 0; i < 60; i++) {
      double middle = Math.sqrt(low * high);
      SampledGaussian run = new SampledGaussian(1, middle, STEPS);
      if (new RdpAccountant().epsilon(List.of(run), DELTA) > epsilon) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  /**
   * The most that any attack's advantage can be: of (epsilon, delta) differential privacy, error
   * rates of each test add up to at least {@code 2(1-delta)/(1+e^epsilon)} (Kairouz et al.,
   * arXiv:1311.0776).
   */
  public static double bound(double epsilon) {
    double growth = Math.exp(epsilon);
    return (growth - 1 + 2 * DELTA) / (growth + 1);
  }

  /** Attacks runs that nothing protects. */
  public Attack withoutPrivacy(int runs) {
    return attack(runs, Optional.empty(), 1);
  }

  /** Attacks runs with an epsilon. */
  public Attack withPrivacy(int runs, double epsilon) {
    return attack(runs, Optional.of(noiseFor(epsilon)), bound(epsilon));
  }

  private record Guess(double score, boolean member) {}

  private Attack attack(int runs, Optional<Double> noise, double bound) {
    Random random = new Random(seed);
    List<Datum> texts = new ArrayList<>();
    for (int i = 0; i < EXAMPLES; i++) {
      texts.add(text(random));
    }
    List<Guess> guesses = new ArrayList<>();
    for (int run = 0; run < runs; run++) {
      boolean member = random.nextBoolean();
      guesses.add(new Guess(score(run, text(random), member, texts, noise), member));
    }
    List<Guess> first = guesses.subList(0, runs / 2);
    List<Guess> second = guesses.subList(runs / 2, runs);
    double advantage =
        (advantage(second, threshold(first)) + advantage(first, threshold(second))) / 2;
    double members = guesses.stream().filter(Guess::member).count();
    double deviation = Math.sqrt(0.25 / members + 0.25 / (runs - members));
    return new Attack(advantage, deviation, area(guesses), bound);
  }

  /** By how much a canary's loss fell in a run with or without it. */
  private double score(
      int run, Datum canary, boolean member, List<Datum> texts, Optional<Double> noise) {
    LoraSpec spec =
        new LoraSpec(
            RANK, BigDecimal.valueOf(2L * RANK), 0, EnumSet.allOf(ProjectionKind.class), false);
    List<Datum> data = new ArrayList<>(texts);
    if (member) {
      data.add(canary);
    }
    PrivateNoise source = PrivateNoise.fresh();
    try (LoraTrainee trainee = model.trainee(spec, run)) {
      double before = trainee.forward(List.of(canary), loss, Map.of()).sum();
      for (int step = 0; step < STEPS; step++) {
        if (noise.isPresent()) {
          trainee.forwardBackward(data, loss, Map.of(), CLIP);
          GaussianStream stream = source.gaussians(step);
          double deviation = noise.get() * CLIP;
          trainee.step(
              ADAM,
              RATE,
              1.0 / EXAMPLES,
              0,
              Optional.of(values -> stream.addTo(values, deviation)));
        } else {
          trainee.forwardBackward(data, loss, Map.of());
          trainee.step(ADAM, RATE, 1.0 / EXAMPLES, 0, Optional.empty());
        }
      }
      return before - trainee.forward(List.of(canary), loss, Map.of()).sum();
    }
  }

  private Datum text(Random random) {
    int[] tokens = new int[LENGTH];
    long[] targets = new long[LENGTH];
    int next = 3 + random.nextInt(config.vocabSize() - 3);
    for (int i = 0; i < LENGTH; i++) {
      tokens[i] = next;
      next = 3 + random.nextInt(config.vocabSize() - 3);
      targets[i] = next;
    }
    return new Datum(tokens, Map.of(Datum.TARGETS, new TokenValues.Integers(targets)));
  }

  private static double threshold(List<Guess> guesses) {
    double best = Double.NEGATIVE_INFINITY;
    double bestAdvantage = 0;
    for (Guess guess : guesses) {
      double here = advantage(guesses, guess.score());
      if (here > bestAdvantage) {
        bestAdvantage = here;
        best = guess.score();
      }
    }
    return best;
  }

  private static double advantage(List<Guess> guesses, double threshold) {
    return share(guesses, true, threshold) - share(guesses, false, threshold);
  }

  private static double share(List<Guess> guesses, boolean member, double threshold) {
    List<Guess> of = guesses.stream().filter(g -> g.member() == member).toList();
    return of.stream().filter(g -> g.score() >= threshold).count()
        / (double) Math.max(1, of.size());
  }

  /** The probability that a member scores higher than another (Mann and Whitney). */
  private static double area(List<Guess> guesses) {
    List<Guess> sorted = new ArrayList<>(guesses);
    sorted.sort(Comparator.comparingDouble(Guess::score));
    double below = 0;
    double sum = 0;
    for (Guess guess : sorted) {
      if (guess.member()) {
        sum += below;
      } else {
        below++;
      }
    }
    double members = sorted.size() - below;
    return members == 0 || below == 0 ? 0.5 : sum / (members * below);
  }

  @Override
  public void close() {
    model.close();
  }
}
