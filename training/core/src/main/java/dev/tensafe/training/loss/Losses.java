package dev.tensafe.training.loss;

import dev.tensafe.training.TrainingException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The losses by name: those here, and those that the class path brings. */
public final class Losses {
  private static final List<TokenLoss> BUILT_IN =
      List.of(
          new CrossEntropy(),
          new RatioLoss("importance_sampling", RatioLoss.Form.IMPORTANCE_SAMPLING),
          new RatioLoss("ppo", RatioLoss.Form.PPO),
          new RatioLoss("cispo", RatioLoss.Form.CISPO),
          new DirectReward(),
          new GroupLoss("margin_ranking", GroupLoss.Form.MARGIN_RANKING),
          new GroupLoss("contrastive", GroupLoss.Form.CONTRASTIVE),
          new GroupLoss("mse", GroupLoss.Form.MSE));

  private final Map<String, TokenLoss> byName = new TreeMap<>();

  private Losses(Iterable<TokenLoss> others) {
    BUILT_IN.forEach(loss -> byName.put(loss.name(), loss));
    for (TokenLoss loss : others) {
      if (byName.putIfAbsent(loss.name(), loss) != null) {
        throw new TrainingException(
            "train.loss", "two losses are called " + loss.name() + "; rename the one you added");
      }
    }
  }

  /**
   * All losses there are.
   *
   * @throws TrainingException {@code train.loss} when two have one name
   */
  public static Losses all() {
    return new Losses(ServiceLoader.load(TokenLoss.class));
  }

  /** Their names, in alphabetical order. */
  public List<String> names() {
    return List.copyOf(byName.keySet());
  }

  /**
   * The loss of a name.
   *
   * @throws TrainingException {@code train.loss} when there is none
   */
  public TokenLoss named(String name) {
    TokenLoss loss = byName.get(name);
    if (loss == null) {
      throw new TrainingException("train.loss", "no loss is called so; there are " + names());
    }
    return loss;
  }

  /**
   * Checks that examples and settings are what a loss takes.
   *
   * @return the settings, with defaults for those not given
   * @throws TrainingException {@code train.loss_input} or {@code train.loss_config}
   */
  public static Map<String, Double> check(
      TokenLoss loss, List<Datum> data, Map<String, Double> config) {
    Map<String, Double> complete = new TreeMap<>(loss.settings());
    config.forEach(
        (key, value) -> {
          if (!complete.containsKey(key)) {
            throw new TrainingException(
                "train.loss_config",
                loss.name() + " has no such setting; it takes " + complete.keySet());
          }
          if (!Double.isFinite(value)) {
            throw new TrainingException(
                "train.loss_config", key + " is " + value + "; it must be a finite number");
          }
          complete.put(key, value);
        });
    for (int i = 0; i < data.size(); i++) {
      check(loss, data.get(i), i);
    }
    loss.check(data, complete);
    return complete;
  }

  private static void check(TokenLoss loss, Datum datum, int index) {
    int length = datum.tokens().length;
    if (!(datum.inputs().get(Datum.TARGETS) instanceof TokenValues.Integers targets)) {
      throw wrong(index, Datum.TARGETS + " is missing, or not of whole numbers");
    }
    if (targets.length() != length) {
      throw wrong(index, lengths(Datum.TARGETS, targets.length(), length));
    }
    Set<String> known = new HashSet<>(Set.of(Datum.TARGETS));
    check(datum, LossInput.optional(Datum.WEIGHTS), known, index);
    for (LossInput input : loss.inputs()) {
      check(datum, input, known, index);
    }
    if (!known.containsAll(datum.inputs().keySet())) {
      throw wrong(index, loss.name() + " takes " + new TreeSet<>(known) + " and no more");
    }
  }

  private static void check(Datum datum, LossInput input, Set<String> known, int index) {
    known.add(input.name());
    TokenValues values = datum.inputs().get(input.name());
    if (values == null) {
      if (input.required()) {
        throw wrong(index, input.name() + " is missing");
      }
      return;
    }
    if (!(values instanceof TokenValues.Reals reals)) {
      throw wrong(index, input.name() + " is not of floating-point numbers");
    }
    int length = datum.tokens().length;
    if (values.length() != length && !(input.single() && values.length() == 1)) {
      throw wrong(index, lengths(input.name(), values.length(), length));
    }
    for (float value : reals.values()) {
      if (!Float.isFinite(value)) {
        throw wrong(index, input.name() + " holds a NaN or an infinity");
      }
    }
  }

  private static String lengths(String name, int has, int tokens) {
    return name + " has " + has + " values for " + tokens + " tokens";
  }

  private static TrainingException wrong(int index, String what) {
    return new TrainingException("train.loss_input", "example " + index + ": " + what);
  }
}
