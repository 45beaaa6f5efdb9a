package dev.tensafe.tuning.run;

import dev.tensafe.privacy.BudgetLedger;
import dev.tensafe.privacy.LedgerMark;
import dev.tensafe.training.TrainingException;
import dev.tensafe.training.torch.LoraSpec;
import dev.tensafe.training.torch.LoraTrainee;
import dev.tensafe.training.torch.OptimizerSpec;
import dev.tensafe.tssp.checkpoint.CheckpointHead;
import dev.tensafe.tssp.checkpoint.CheckpointPacker;
import dev.tensafe.tssp.checkpoint.CheckpointSink;
import dev.tensafe.tssp.checkpoint.CheckpointTensor;
import dev.tensafe.tuning.ModelSettings;
import dev.tensafe.tuning.SettingsJson;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.TuningException.Kind;
import dev.tensafe.tuning.checkpoint.CheckpointShelf;
import dev.tensafe.tuning.checkpoint.KeptCheckpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Models as signed and encrypted packages: what owners saved, and one snapshot of each model, which
 * is the service's own. Both hold weights, summed gradients and moments, so that a model goes on to
 * the bit. Called on the trainer's thread, {@link #list} and {@link #delete} by any.
 */
public final class StoredCheckpoints implements CheckpointRoom {
  private static final String WEIGHTS = "weights/";
  private static final String STATE = "state/";
  private static final String SNAPSHOT = "snapshot";
  private static final Pattern PATH =
      Pattern.compile("tinker://([A-Za-z0-9-]{1,64})/weights/([A-Za-z0-9][A-Za-z0-9._-]{0,63})");

  private final Shelves shelves;
  private final BudgetLedger ledger;
  private final Predicate<Owned> owns;

  /** A model that a tenant says is its own. */
  public record Owned(String model, String tenant) {}

  /** Finds the shelves of a model. */
  public interface Shelves {
    /** Of what a model's owner saved. */
    CheckpointShelf saved(String model, String tenant);

    /** Of the service's snapshot. */
    CheckpointShelf snapshots(String model, String tenant);
  }

  /**
   * @param ledger the budgets that checkpoints refer to
   * @param owns whether a model is a tenant's
   */
  public StoredCheckpoints(Shelves shelves, BudgetLedger ledger, Predicate<Owned> owns) {
    this.shelves = shelves;
    this.ledger = ledger;
    this.owns = owns;
  }

  @Override
  public String path(String model, String name) {
    return "tinker://" + model + "/weights/" + name;
  }

  /** What a model's owner saved, newest first. */
  public List<KeptCheckpoint> list(String model, String tenant) {
    return shelves.saved(model, tenant).list();
  }

  /** Deletes what a model's owner saved. */
  public void delete(String model, String tenant, String name) {
    shelves.saved(model, tenant).delete(name);
  }

  @Override
  public void save(
      String tenant,
      String model,
      String name,
      ModelSettings settings,
      LoraTrainee trainee,
      Progress progress,
      Map<String, String> metadata,
      Optional<Long> ttlSeconds,
      boolean overwrite) {
    CheckpointShelf.Draft draft =
        draft(tenant, settings, trainee, progress, metadata, ttlSeconds.map(Duration::ofSeconds));
    KeptCheckpoint kept = shelves.saved(model, tenant).save(name, draft, overwrite);
    kept.refusal()
        .ifPresent(
            refusal -> {
              throw new TuningException(
                  Kind.FAILED, "tuning.store", "what was saved cannot be read: " + refusal.code());
            });
  }

  @Override
  public void snapshot(
      String tenant, String model, ModelSettings settings, LoraTrainee trainee, Progress progress) {
    CheckpointShelf.Draft draft =
        draft(tenant, settings, trainee, progress, Map.of(), Optional.empty());
    shelves.snapshots(model, tenant).save(SNAPSHOT + "-" + progress.job(), draft, true);
  }

  @Override
  public Optional<Progress> restore(
      String tenant, String model, ModelSettings settings, LoraTrainee trainee) {
    CheckpointShelf shelf = shelves.snapshots(model, tenant);
    if (shelf.list().isEmpty()) {
      return Optional.empty();
    }
    Reading reading = new Reading(tenant, settings, trainee, true);
    return Optional.of(reading.finish(shelf.loadNewest(reading)));
  }

  @Override
  public void forget(String model) {
    // the shelf of a model that is gone; its tenant plays no part in where it lies
    CheckpointShelf shelf = shelves.snapshots(model, "");
    shelf.list().forEach(kept -> shelf.delete(kept.name()));
  }

  @Override
  public Progress load(
      String tenant, String path, ModelSettings settings, LoraTrainee trainee, boolean optimizer) {
    Matcher matcher = PATH.matcher(path);
    if (!matcher.matches() || !owns.test(new Owned(matcher.group(1), tenant))) {
      throw new TuningException(
          Kind.NOT_FOUND, "tuning.no_checkpoint", "there is no such checkpoint of this API key");
    }
    Reading reading = new Reading(tenant, settings, trainee, optimizer);
    CheckpointHead head = shelves.saved(matcher.group(1), tenant).load(matcher.group(2), reading);
    return reading.finish(head);
  }

  private CheckpointShelf.Draft draft(
      String tenant,
      ModelSettings settings,
      LoraTrainee trainee,
      Progress progress,
      Map<String, String> metadata,
      Optional<Duration> lifetime) {
    LoraSpec spec = settings.lora();
    CheckpointHead.Lora lora =
        new CheckpointHead.Lora(
            spec.rank(),
            spec.alpha(),
            spec.rslora(),
            spec.dropout(),
            spec.targets().stream()
                .map(kind -> kind.moduleName().replaceFirst(".*\\.", ""))
                .collect(Collectors.toSet()));
    Map<String, String> ours = new TreeMap<>();
    ours.put("job", Long.toString(progress.job()));
    ours.put("tokens", Long.toString(progress.tokens()));
    ours.put("optimizer_steps", Long.toString(trainee.steps()));
    ours.put("settings", SettingsJson.write(settings));
    CheckpointHead head =
        new CheckpointHead(
            progress.step(),
            rule(settings.optimizer()),
            new CheckpointHead.Rule("given", Map.of("learning_rate", settings.rate())),
            lora,
            Optional.empty(),
            settings.privacy().map(p -> reference(tenant, p.dataSet())),
            progress.metrics(),
            ours,
            metadata);
    List<CheckpointTensor> tensors = new ArrayList<>();
    trainee
        .trained()
        .forEach(
            (name, shape) ->
                tensors.add(
                    new CheckpointTensor(WEIGHTS + name, shape, () -> trainee.values(name))));
    trainee
        .state(settings.optimizer(), trainee.steps())
        .forEach(
            (name, shape) ->
                tensors.add(
                    new CheckpointTensor(STATE + name, shape, () -> trainee.stateValues(name))));
    return new CheckpointShelf.Draft(
        head, CheckpointPacker.describe(lora, trainee.trained()), tensors, lifetime);
  }

  private CheckpointHead.LedgerReference reference(String tenant, String dataSet) {
    LedgerMark mark = ledger.mark(LedgerGuard.dataSet(tenant, dataSet));
    return new CheckpointHead.LedgerReference(dataSet, mark.sequence(), mark.digest());
  }

  private static CheckpointHead.Rule rule(OptimizerSpec spec) {
    Map<String, Double> numbers = new TreeMap<>();
    numbers.put("weight_decay", spec.weightDecay());
    if (spec instanceof OptimizerSpec.AdamW adam) {
      numbers.put("beta1", adam.beta1());
      numbers.put("beta2", adam.beta2());
      numbers.put("eps", adam.eps());
      return new CheckpointHead.Rule("adamw", numbers);
    } else if (spec instanceof OptimizerSpec.Sgd sgd) {
      numbers.put("momentum", sgd.momentum());
      return new CheckpointHead.Rule("sgd", numbers);
    }
    return new CheckpointHead.Rule("adafactor", numbers);
  }

  /** Collects a checkpoint, and puts it in place when all of it is there and fits. */
  private final class Reading implements CheckpointSink {
    private final String tenant;
    private final ModelSettings settings;
    private final LoraTrainee trainee;
    private final boolean optimizer;
    private final Map<String, float[]> weights = new LinkedHashMap<>();
    private final Map<String, float[]> state = new LinkedHashMap<>();

    Reading(String tenant, ModelSettings settings, LoraTrainee trainee, boolean optimizer) {
      this.tenant = tenant;
      this.settings = settings;
      this.trainee = trainee;
      this.optimizer = optimizer;
    }

    @Override
    public Map<String, List<Long>> due(CheckpointHead head) {
      requireLedger(head);
      ModelSettings saved = SettingsJson.read(head.settings().getOrDefault("settings", ""));
      requireSameShape(saved);
      Map<String, List<Long>> due = new LinkedHashMap<>();
      trainee.trained().forEach((name, shape) -> due.put(WEIGHTS + name, shape));
      trainee
          .state(saved.optimizer(), steps(head))
          .forEach((name, shape) -> due.put(STATE + name, shape));
      return due;
    }

    private void requireLedger(CheckpointHead head) {
      head.ledger()
          .ifPresent(
              reference ->
                  ledger.requireKnown(
                      LedgerGuard.dataSet(tenant, reference.dataSet()),
                      new LedgerMark(reference.sequence(), reference.digest())));
      if (settings.privacy().isPresent() && head.ledger().isEmpty() && number(head, "tokens") > 0) {
        throw TuningException.invalid(
            "tuning.not_private_checkpoint",
            "this checkpoint was trained without privacy; a private model that went on from it"
                + " would not be private");
      }
      if (settings.privacy().isEmpty() && head.ledger().isPresent()) {
        throw TuningException.invalid(
            "tuning.private_checkpoint",
            "this is a private model's checkpoint; a model without privacy settings cannot go on"
                + " from it");
      }
    }

    private void requireSameShape(ModelSettings saved) {
      LoraSpec a = saved.lora();
      LoraSpec b = settings.lora();
      if (a.rank() != b.rank() || !a.targets().equals(b.targets())) {
        throw TuningException.invalid(
            "tuning.other_shape",
            "the checkpoint has rank "
                + a.rank()
                + " and "
                + a.targets().size()
                + " kinds of projection, this model rank "
                + b.rank()
                + " and "
                + b.targets().size());
      }
      if (optimizer && !saved.optimizer().getClass().equals(settings.optimizer().getClass())) {
        throw TuningException.invalid(
            "tuning.other_optimizer", "the checkpoint was made by another optimizer");
      }
    }

    @Override
    public void accept(String name, float[] values) {
      if (name.startsWith(WEIGHTS)) {
        weights.put(name.substring(WEIGHTS.length()), values);
      } else {
        state.put(name.substring(STATE.length()), values);
      }
    }

    /** Puts all in place. */
    Progress finish(CheckpointHead head) {
      weights.forEach(trainee::set);
      if (optimizer) {
        trainee.restore(state, steps(head));
      } else {
        trainee.forget();
      }
      return new Progress(number(head, "job"), head.step(), number(head, "tokens"), head.metrics());
    }

    private long steps(CheckpointHead head) {
      return number(head, "optimizer_steps");
    }

    private long number(CheckpointHead head, String name) {
      try {
        return Long.parseLong(head.settings().getOrDefault(name, ""));
      } catch (NumberFormatException e) {
        throw new TrainingException(
            "train.checkpoint_foreign", "the checkpoint was not made by this service");
      }
    }
  }
}
