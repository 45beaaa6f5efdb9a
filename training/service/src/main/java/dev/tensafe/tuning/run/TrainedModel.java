package dev.tensafe.tuning.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.training.loss.Datum;
import dev.tensafe.training.loss.LossResult;
import dev.tensafe.training.loss.Losses;
import dev.tensafe.training.loss.TokenLoss;
import dev.tensafe.training.torch.GradientNoise;
import dev.tensafe.training.torch.LoraTrainee;
import dev.tensafe.training.torch.OptimizerSpec;
import dev.tensafe.tuning.ModelSettings;
import dev.tensafe.tuning.PrivacySettings;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.TuningException.Kind;
import dev.tensafe.tuning.command.Command;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One model in memory and what it is told to do. A command that fails leaves it as it was. Confined
 * to the trainer's thread.
 */
final class TrainedModel implements AutoCloseable {
  private final String id;
  private final String tenant;
  private final ModelSettings settings;
  private final LoraTrainee trainee;
  private final Losses losses;
  private final PrivacyGuard guard;
  private final TrainerListener listener;
  private final Map<String, Double> metrics = new TreeMap<>();
  private long step;
  private long tokens;

  TrainedModel(
      String id,
      String tenant,
      ModelSettings settings,
      LoraTrainee trainee,
      Losses losses,
      PrivacyGuard guard,
      TrainerListener listener) {
    this.id = id;
    this.tenant = tenant;
    this.settings = settings;
    this.trainee = trainee;
    this.losses = losses;
    this.guard = guard;
    this.listener = listener;
  }

  String id() {
    return id;
  }

  String tenant() {
    return tenant;
  }

  ModelSettings settings() {
    return settings;
  }

  LoraTrainee trainee() {
    return trainee;
  }

  /** Where it is after a call. */
  CheckpointRoom.Progress progress(long job) {
    return new CheckpointRoom.Progress(job, step, tokens, metrics);
  }

  /** Goes on from where a checkpoint was. */
  void goOn(CheckpointRoom.Progress progress) {
    step = progress.step();
    tokens = progress.tokens();
    metrics.clear();
    metrics.putAll(progress.metrics());
  }

  long step() {
    return step;
  }

  /** Computes a loss, and its gradient if asked. */
  ObjectNode pass(Command.Pass pass) {
    TokenLoss loss = losses.named(pass.loss());
    Optional<PrivacySettings> drawn = settings.privacy().filter(p -> p.rate().isPresent());
    if (!pass.forwardOnly() && drawn.isPresent()) {
      throw TuningException.invalid(
          "tuning.batch_is_drawn",
          "this model's batches are drawn by the service from the data set '"
              + drawn.get().dataSet()
              + "': send sampled_forward_backward");
    }
    return run(pass.data(), loss, pass.config(), pass.forwardOnly(), pass.label());
  }

  /** Adds the gradient of examples that were drawn. */
  ObjectNode sampled(Command.SampledPass pass, List<Datum> drawn) {
    if (drawn.isEmpty()) {
      // nobody was drawn: the step after it is noise alone
      return answer(new LossResult(0, List.of(), Map.of("loss:sum", 0.0, "tokens", 0.0), 0));
    }
    TokenLoss loss = losses.named(pass.loss());
    ObjectNode answer = run(drawn, loss, pass.config(), false, pass.label());
    // who was drawn must stay the service's secret, and with it all that is said of them
    answer.putArray("loss_fn_outputs");
    answer.putObject("metrics");
    return answer;
  }

  private ObjectNode run(
      List<Datum> data,
      TokenLoss loss,
      Map<String, Double> config,
      boolean forwardOnly,
      String label) {
    long begun = System.nanoTime();
    LossResult result;
    if (forwardOnly) {
      result = trainee.forward(data, loss, config);
    } else if (settings.privacy().isPresent()) {
      result = trainee.forwardBackward(data, loss, config, settings.privacy().get().maxNorm());
    } else {
      result = trainee.forwardBackward(data, loss, config);
    }
    long count = data.stream().mapToLong(datum -> datum.tokens().length).sum();
    if (!forwardOnly) {
      tokens += count;
      if (settings.privacy().isEmpty()) {
        double scored = Math.max(1, result.metrics().getOrDefault("tokens", 1.0));
        metrics.put("loss", result.sum() / scored);
      }
    }
    listener.passed(label, data.size(), count, result.sum(), System.nanoTime() - begun);
    ObjectNode out = answer(result);
    if (!forwardOnly && settings.privacy().isEmpty()) {
      ((ObjectNode) out.path("metrics")).put("grad_norm", trainee.gradientNorm());
    }
    return out;
  }

  private static ObjectNode answer(LossResult result) {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.put("type", "forward_backward").put("loss_fn_output_type", "TensorData");
    ArrayNode outputs = out.putArray("loss_fn_outputs");
    for (float[] logprobs : result.logprobs()) {
      ObjectNode tensor = outputs.addObject().putObject("logprobs");
      ArrayNode data = tensor.putArray("data");
      for (float value : logprobs) {
        data.add(value);
      }
      tensor.put("dtype", "float32");
      tensor.putArray("shape").add(logprobs.length);
    }
    ObjectNode numbers = out.putObject("metrics");
    new TreeMap<>(result.metrics()).forEach(numbers::put);
    if (result.skipped() > 0) {
      numbers.put("skipped", result.skipped());
    }
    return out;
  }

  /**
   * Whether a step adds noise.
   *
   * @throws TuningException {@code tuning.step_without_noise} where it must and is told not to,
   *     {@code tuning.no_privacy} the other way round
   */
  boolean noisy(Command.Step command) {
    boolean asked = command.noise().orElse(settings.privacy().isPresent());
    if (settings.privacy().isPresent() && !asked) {
      throw TuningException.invalid(
          "tuning.step_without_noise",
          "this model is private: a step without noise would break what was promised");
    }
    if (asked && settings.privacy().isEmpty()) {
      throw TuningException.invalid(
          "tuning.no_privacy", "this model was made without privacy settings (dp)");
    }
    return asked;
  }

  /**
   * Looks whether one more step may be taken; before anything is charged for it.
   *
   * @throws TuningException {@code tuning.max_steps}
   */
  void requireStep() {
    if (settings.mostSteps().isPresent() && step >= settings.mostSteps().getAsLong()) {
      throw TuningException.invalid(
          "tuning.max_steps", "the model has taken the " + step + " steps that it was made for");
    }
  }

  /**
   * Takes a step.
   *
   * @param noise added to the summed gradients, if any
   */
  ObjectNode step(Command.Step command, Optional<GradientNoise> noise) {
    double scale = settings.privacy().map(p -> 1 / p.expectedBatch()).orElse(1.0);
    double rate = command.rate().orElse(settings.rate());
    double norm =
        trainee.step(spec(command), rate, scale, command.clip().orElse(settings.clip()), noise);
    if (!Double.isFinite(norm)) {
      throw new TuningException(
          Kind.FAILED,
          "tuning.not_finite",
          "the gradients are no finite numbers; they were dropped, the weights are as before");
    }
    step++;
    metrics.put("grad_norm", norm);
    listener.stepped(id, step, norm, noise.isPresent());
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.put("type", "optim_step");
    ObjectNode numbers = out.putObject("metrics");
    if (noise.isEmpty()) {
      // of a private model's gradients nothing is told but through the noise
      numbers.put("grad_norm", norm);
    }
    numbers.put("learning_rate", rate).put("step", step);
    ObjectNode ours = out.putObject("tensafe");
    ours.put("step", step);
    settings
        .privacy()
        .ifPresent(
            p -> {
              ObjectNode spent = guard.spent(tenant, p);
              ours.set("dp_metrics", spent);
              listener.spent(tenant, p.dataSet(), spent.path("epsilon_spent").asDouble());
            });
    return out;
  }

  private OptimizerSpec spec(Command.Step command) {
    OptimizerSpec standard = settings.optimizer();
    double decay = command.weightDecay().orElse(standard.weightDecay());
    if (standard instanceof OptimizerSpec.AdamW adam) {
      return new OptimizerSpec.AdamW(
          command.beta1().orElse(adam.beta1()),
          command.beta2().orElse(adam.beta2()),
          command.eps().orElse(adam.eps()),
          decay);
    }
    if (standard instanceof OptimizerSpec.Sgd sgd) {
      return new OptimizerSpec.Sgd(sgd.momentum(), sgd.nesterov(), decay);
    }
    OptimizerSpec.Adafactor factor = (OptimizerSpec.Adafactor) standard;
    return new OptimizerSpec.Adafactor(
        factor.exponent(), factor.eps1(), factor.eps2(), factor.threshold(), decay);
  }

  @Override
  public void close() {
    trainee.close();
  }
}
