package dev.tensafe.tuning.run;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.CodedException;
import dev.tensafe.privacy.PrivacyException;
import dev.tensafe.training.TrainingException;
import dev.tensafe.training.loss.Losses;
import dev.tensafe.training.torch.FrozenModel;
import dev.tensafe.training.torch.GradientNoise;
import dev.tensafe.training.torch.LoraTrainee;
import dev.tensafe.tuning.ModelSettings;
import dev.tensafe.tuning.PrivacySettings;
import dev.tensafe.tuning.SettingsJson;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.command.Command;
import dev.tensafe.tuning.queue.Job;
import dev.tensafe.tuning.queue.JobQueue;
import dev.tensafe.tuning.queue.Published;
import dev.tensafe.tuning.queue.StoredModel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that trains: it holds the frozen model and all models in training over it, and does
 * what the queue says, tenants in fair turns. What it did last and is in no snapshot is done again
 * after a crash, without another effect. Life: {@link #start}, {@link #close}.
 */
public final class Trainer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);
  private static final Duration IDLE = Duration.ofMillis(500);

  private final Supplier<FrozenModel> opener;
  private final JobQueue queue;
  private final Losses losses;
  private final CheckpointRoom checkpoints;
  private final WeightsRoom weights;
  private final PrivacyGuard guard;
  private final DrawnData drawn;
  private final TrainerListener listener;
  private final int snapshotSteps;
  private final int mostPublished;
  private final Map<String, TrainedModel> models = new HashMap<>();
  private final Map<String, Integer> sinceSnapshot = new HashMap<>();
  private final Map<String, Long> lastJob = new HashMap<>();
  private final FairShare share = new FairShare();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final Thread thread = new Thread(this::run, "trainer");
  private volatile boolean closing;
  private @Nullable FrozenModel frozen;

  /**
   * @param opener opens the frozen model, on the trainer's thread
   * @param snapshotSteps optimizer steps between snapshots of a model
   * @param mostPublished weights to sample from that a tenant may have; older ones go
   */
  public Trainer(
      Supplier<FrozenModel> opener,
      JobQueue queue,
      Losses losses,
      CheckpointRoom checkpoints,
      WeightsRoom weights,
      PrivacyGuard guard,
      DrawnData drawn,
      TrainerListener listener,
      int snapshotSteps,
      int mostPublished) {
    this.opener = opener;
    this.queue = queue;
    this.losses = losses;
    this.checkpoints = checkpoints;
    this.weights = weights;
    this.guard = guard;
    this.drawn = drawn;
    this.listener = listener;
    this.snapshotSteps = snapshotSteps;
    this.mostPublished = mostPublished;
  }

  /**
   * Starts, and waits until the models of the store are where they were.
   *
   * @throws CodedException what kept the frozen model from being opened
   */
  public void start() {
    thread.start();
    try {
      ready.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof CodedException coded) {
        throw coded;
      }
      throw e;
    }
  }

  private void run() {
    try {
      frozen = opener.get();
      for (StoredModel stored : queue.models()) {
        recover(stored);
      }
      ready.complete(null);
    } catch (RuntimeException | Error e) {
      ready.completeExceptionally(e);
      closeAll();
      return;
    }
    try {
      while (!closing) {
        turn();
      }
      models.values().forEach(this::snapshot);
    } catch (InterruptedException e) {
      // nobody interrupts it; what is done is in the queue
      LOG.warn("the trainer was interrupted");
    } finally {
      closeAll();
    }
  }

  private void closeAll() {
    models.values().forEach(TrainedModel::close);
    models.clear();
    FrozenModel open = frozen;
    if (open != null) {
      open.close();
    }
  }

  /** Puts a model where it was when the process ended. */
  private void recover(StoredModel stored) {
    List<Job> since = queue.doneSince(stored.id(), stored.snapshot());
    if (since.isEmpty() && stored.snapshot() == 0) {
      return;
    }
    try {
      if (!since.isEmpty() && since.get(since.size() - 1).command() instanceof Command.Unload) {
        queue.retire(stored.id());
        return;
      }
      TrainedModel model = open(stored);
      checkpoints
          .restore(stored.tenant(), stored.id(), model.settings(), model.trainee())
          .ifPresent(
              progress -> {
                model.goOn(progress);
                lastJob.put(stored.id(), progress.job());
              });
      for (Job job : since) {
        again(model, job);
      }
      LOG.info("a model goes on from step {}, {} calls done again", model.step(), since.size());
    } catch (CodedException e) {
      LOG.error("a model cannot be restored and is given up: {}: {}", e.code(), e.description());
      queue.retire(stored.id());
    }
  }

  private TrainedModel open(StoredModel stored) {
    ModelSettings settings = SettingsJson.read(stored.settings());
    FrozenModel base = frozen;
    if (base == null) {
      throw new IllegalStateException("the frozen model is not open");
    }
    LoraTrainee trainee = base.trainee(settings.lora(), settings.seed());
    TrainedModel model =
        new TrainedModel(stored.id(), stored.tenant(), settings, trainee, losses, guard, listener);
    models.put(stored.id(), model);
    return model;
  }

  /** Does a call again that was done before: its effect on the model, no answer. */
  private void again(TrainedModel model, Job job) {
    Command command = job.command();
    if (command instanceof Command.Pass pass && !pass.forwardOnly()) {
      model.pass(pass);
    } else if (command instanceof Command.SampledPass pass) {
      model.sampled(pass, drawn.again(job, pass, queue.secret(job).orElseThrow()));
    } else if (command instanceof Command.Step step) {
      model.step(step, noise(model, step, queue.secret(job)));
    } else if (command instanceof Command.Load load) {
      load(model, load);
    }
    lastJob.put(model.id(), job.id());
  }

  private void turn() throws InterruptedException {
    List<Job> waiting = queue.runnable();
    if (waiting.isEmpty()) {
      queue.sweep();
      queue.await(IDLE);
      return;
    }
    Job job = share.choose(waiting, Job::tenant);
    long begun = System.nanoTime();
    queue.begun(job);
    perform(job);
    share.took(job.tenant(), System.nanoTime() - begun);
    listener.ended(job.requestId());
  }

  private void perform(Job job) {
    String label = "unknown";
    try {
      Command command = job.command();
      label = command.label();
      ObjectNode result = execute(job, command);
      queue.done(job, result.toString().getBytes(StandardCharsets.UTF_8));
      lastJob.put(job.model(), job.id());
      TrainedModel model = models.get(job.model());
      if (command instanceof Command.Unload) {
        queue.retire(job.model());
        checkpoints.forget(job.model());
      } else if (model != null && dueForSnapshot(model, command)) {
        snapshot(model);
      }
    } catch (CodedException e) {
      fail(job, label, e.code(), e.description(), isCallers(e));
    } catch (RuntimeException | OutOfMemoryError e) {
      // its message may quote training data
      LOG.error("a call failed unexpectedly: {}", e.getClass().getName());
      fail(job, label, "internal_error", "internal error", false);
    }
  }

  private void fail(Job job, String label, String code, String text, boolean callers) {
    queue.failed(job, code, text, callers);
    listener.failed(label, code);
    if (label.equals("create")) {
      drop(job.model());
      queue.retire(job.model());
    }
  }

  private static boolean isCallers(CodedException e) {
    if (e instanceof TuningException tuning) {
      return tuning.kind() != TuningException.Kind.FAILED;
    }
    return e instanceof TrainingException || e instanceof PrivacyException;
  }

  private ObjectNode execute(Job job, Command command) {
    if (command instanceof Command.Create) {
      return create(job);
    }
    TrainedModel model = models.get(job.model());
    if (model == null) {
      throw TuningException.invalid("tuning.unloaded", "the model is not in memory");
    }
    if (command instanceof Command.Pass pass) {
      return model.pass(pass);
    } else if (command instanceof Command.SampledPass pass) {
      byte[] secret = queue.secret(job).orElseGet(guard::newKey);
      queue.keepSecret(job, secret);
      return model.sampled(pass, drawn.again(job, pass, secret));
    } else if (command instanceof Command.Step step) {
      return step(model, job, step);
    } else if (command instanceof Command.Save save) {
      return save(model, job, save);
    } else if (command instanceof Command.Load load) {
      return load(model, load);
    } else if (command instanceof Command.Publish publish) {
      return publish(model, publish);
    }
    return unload(job);
  }

  private ObjectNode create(Job job) {
    StoredModel stored = queue.model(job.model(), job.tenant());
    TrainedModel model = models.get(job.model());
    if (model == null) {
      model = open(stored);
    }
    return object("create_model").put("model_id", model.id());
  }

  private ObjectNode step(TrainedModel model, Job job, Command.Step command) {
    model.requireStep();
    Optional<byte[]> secret = queue.secret(job);
    if (model.noisy(command) && secret.isEmpty()) {
      guard.charge(model.tenant(), model.settings().privacy().orElseThrow(), model.id());
      byte[] key = guard.newKey();
      queue.keepSecret(job, key);
      secret = Optional.of(key);
    }
    return model.step(command, noise(model, command, secret));
  }

  private Optional<GradientNoise> noise(
      TrainedModel model, Command.Step command, Optional<byte[]> secret) {
    if (!model.noisy(command)) {
      return Optional.empty();
    }
    PrivacySettings privacy = model.settings().privacy().orElseThrow();
    return Optional.of(
        guard.noise(secret.orElseThrow(), privacy.noiseMultiplier() * privacy.maxNorm()));
  }

  private ObjectNode save(TrainedModel model, Job job, Command.Save save) {
    String name = save.name().orElse("step-" + model.step());
    checkpoints.save(
        model.tenant(),
        model.id(),
        name,
        model.settings(),
        model.trainee(),
        model.progress(job.id()),
        save.metadata(),
        save.ttlSeconds(),
        save.overwrite());
    ObjectNode out = object("save_weights").put("path", checkpoints.path(model.id(), name));
    out.putObject("tensafe").put("step", model.step());
    return out;
  }

  private ObjectNode load(TrainedModel model, Command.Load load) {
    CheckpointRoom.Progress progress =
        checkpoints.load(
            model.tenant(), load.path(), model.settings(), model.trainee(), load.optimizer());
    model.goOn(progress);
    ObjectNode out = object("load_weights").put("path", load.path());
    out.putObject("tensafe").put("step", model.step());
    return out;
  }

  private ObjectNode publish(TrainedModel model, Command.Publish publish) {
    String name = publish.name().orElse("current");
    weights.publish(
        model.tenant(),
        model.id(),
        name,
        model.settings().lora(),
        model.trainee(),
        publish.ttlSeconds());
    queue.published().put(model.tenant(), model.id(), name, model.step(), publish.ttlSeconds());
    dropOldWeights(model.tenant());
    ObjectNode out =
        object("save_weights_for_sampler")
            .put("path", "tinker://" + model.id() + "/sampler_weights/" + name);
    out.putObject("tensafe").put("step", model.step());
    return out;
  }

  private void dropOldWeights(String tenant) {
    List<Published> all = queue.published().list(tenant, null);
    for (Published old : all.subList(Math.min(mostPublished, all.size()), all.size())) {
      weights.withdraw(old.model(), old.name());
      queue.published().remove(old.model(), old.name());
    }
  }

  private ObjectNode unload(Job job) {
    drop(job.model());
    return object("unload_model").put("model_id", job.model());
  }

  private void drop(String id) {
    TrainedModel model = models.remove(id);
    if (model != null) {
      model.close();
    }
    sinceSnapshot.remove(id);
    lastJob.remove(id);
  }

  private boolean dueForSnapshot(TrainedModel model, Command command) {
    if (!(command instanceof Command.Step)) {
      return false;
    }
    return sinceSnapshot.merge(model.id(), 1, Integer::sum) >= snapshotSteps;
  }

  private void snapshot(TrainedModel model) {
    long job = lastJob.getOrDefault(model.id(), 0L);
    if (job == 0) {
      return;
    }
    try {
      checkpoints.snapshot(
          model.tenant(), model.id(), model.settings(), model.trainee(), model.progress(job));
      queue.snapshotTaken(model.id(), job);
      sinceSnapshot.remove(model.id());
    } catch (CodedException e) {
      // the calls since the last one are kept, so nothing is lost
      LOG.error("a snapshot cannot be written: {}: {}", e.code(), e.description());
    }
  }

  private static ObjectNode object(String type) {
    return JsonNodeFactory.instance.objectNode().put("type", type);
  }

  /** Ends after the call that runs, writes snapshots and frees the models. */
  @Override
  public void close() {
    closing = true;
    queue.wake();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
