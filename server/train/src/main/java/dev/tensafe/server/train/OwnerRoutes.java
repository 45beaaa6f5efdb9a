package dev.tensafe.server.train;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.server.config.ApiKeys.Scope;
import dev.tensafe.server.http.ApiCall;
import dev.tensafe.server.http.ApiResult;
import dev.tensafe.server.http.ApiRoutes.Adder;
import dev.tensafe.server.train.sample.PublishedWeights;
import dev.tensafe.server.train.sample.WeightsPath;
import dev.tensafe.server.train.wire.PassJson;
import dev.tensafe.server.train.wire.WireFields;
import dev.tensafe.training.loss.Datum;
import dev.tensafe.tuning.PrivacySettings;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.TuningException.Kind;
import dev.tensafe.tuning.checkpoint.KeptCheckpoint;
import dev.tensafe.tuning.command.Command;
import dev.tensafe.tuning.queue.DataSetStore;
import dev.tensafe.tuning.queue.Published;
import dev.tensafe.tuning.run.PrivacyGuard;
import dev.tensafe.tuning.run.StoredCheckpoints;
import dev.tensafe.tuning.run.TuningService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What an owner of models, checkpoints and data sets can see of them and do with them. */
final class OwnerRoutes {
  private static final String RUN = "/api/v1/training_runs/:model/checkpoints";
  private static final int MOST_EXAMPLES = 1024;

  private final TuningService service;
  private final StoredCheckpoints checkpoints;
  private final PublishedWeights weights;
  private final PrivacyGuard privacy;
  private final DataSetStore dataSets;

  OwnerRoutes(
      TuningService service,
      StoredCheckpoints checkpoints,
      PublishedWeights weights,
      PrivacyGuard privacy,
      DataSetStore dataSets) {
    this.service = service;
    this.checkpoints = checkpoints;
    this.weights = weights;
    this.privacy = privacy;
    this.dataSets = dataSets;
  }

  void addTo(Adder routes) {
    routes.get(RUN, Scope.TRAIN, call -> TrainRoutes.now(TrainRoutes.handled(() -> list(call))));
    for (String kind : List.of("weights", "sampler_weights")) {
      String path = RUN + "/" + kind + "/:name";
      routes.delete(
          path,
          Scope.TRAIN,
          call -> TrainRoutes.now(TrainRoutes.handled(() -> delete(call, kind))));
    }
    routes.get(
        RUN + "/sampler_weights/:name/archive",
        Scope.TRAIN,
        call -> CompletableFuture.completedFuture(TrainRoutes.handled(() -> archive(call))));
    TrainRoutes.json(routes, "tensafe/dp_metrics", this::spent);
    TrainRoutes.json(routes, "tensafe/privacy_report", this::report);
    TrainRoutes.json(routes, "tensafe/data_sets", this::append);
    TrainRoutes.json(routes, "tensafe/sampled_forward_backward", this::sampledPass);
  }

  private ObjectNode list(ApiCall call) {
    String model = call.path().getOrDefault("model", "");
    // refuses what is another tenant's
    service.settings(model, call.tenant());
    ObjectNode out = TrainRoutes.object();
    ArrayNode list = out.putArray("checkpoints");
    for (KeptCheckpoint kept : checkpoints.list(model, call.tenant())) {
      ObjectNode node = list.addObject();
      node.put("checkpoint_id", "weights/" + kept.name()).put("checkpoint_type", "training");
      kept.created().ifPresent(time -> node.put("time", time.toString()));
      node.put("tinker_path", checkpoints.path(model, kept.name())).put("size_bytes", kept.bytes());
      kept.refusal().ifPresent(refusal -> node.put("refused", refusal.code()));
    }
    for (Published published : service.published(call.tenant(), model)) {
      ObjectNode node = list.addObject();
      node.put("checkpoint_id", "sampler_weights/" + published.name());
      node.put("checkpoint_type", "sampler").put("time", published.created().toString());
      node.put("tinker_path", new WeightsPath(model, true, published.name()).text());
      published.expires().ifPresent(time -> node.put("expires_at", time.toString()));
    }
    return out;
  }

  private ObjectNode delete(ApiCall call, String kind) {
    String model = call.path().getOrDefault("model", "");
    String name = call.path().getOrDefault("name", "");
    service.settings(model, call.tenant());
    if (kind.equals("weights")) {
      checkpoints.delete(model, call.tenant(), name);
    } else {
      requirePublished(call, model, name);
      weights.withdraw(model, name);
      service.unpublished(model, name);
    }
    return TrainRoutes.object().put("deleted", true);
  }

  private void requirePublished(ApiCall call, String model, String name) {
    if (service.published(call.tenant(), model).stream().noneMatch(p -> p.name().equals(name))) {
      throw new TuningException(
          Kind.NOT_FOUND, "tuning.no_weights", "no weights of this name were published");
    }
  }

  private ApiResult archive(ApiCall call) {
    String model = call.path().getOrDefault("model", "");
    String name = call.path().getOrDefault("name", "");
    requirePublished(call, model, name);
    Path file =
        weights
            .exported(new WeightsPath(model, true, name))
            .orElseThrow(
                () ->
                    new TuningException(
                        Kind.NOT_FOUND,
                        "tuning.no_recipient",
                        "the service knows no recipient key of yours, so nothing was packed for"
                            + " you; its operator adds one (--recipients)"));
    try {
      return new ApiResult(200, "application/vnd.tensafe.tssp", Files.readAllBytes(file));
    } catch (IOException e) {
      throw new TuningException(Kind.FAILED, "tuning.store", "the package cannot be read", e);
    }
  }

  private PrivacySettings privacy(ApiCall call, WireFields body) {
    return service
        .settings(body.text("model_id"), call.tenant())
        .privacy()
        .orElseThrow(
            () ->
                TuningException.invalid(
                    "tuning.no_privacy", "this model was made without privacy settings (dp)"));
  }

  private ObjectNode spent(ApiCall call, WireFields body) {
    return privacy.spent(call.tenant(), privacy(call, body));
  }

  private ObjectNode report(ApiCall call, WireFields body) {
    return privacy.report(call.tenant(), privacy(call, body), body.text("model_id"));
  }

  private ObjectNode append(ApiCall call, WireFields body) {
    List<Datum> examples = new ArrayList<>();
    for (WireFields datum : body.objects("data", MOST_EXAMPLES)) {
      examples.add(PassJson.datum(datum));
    }
    long from = body.optionalLong("from", 0, Integer.MAX_VALUE).orElse(0);
    String name = body.text("data_set");
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
      throw body.error("data_set", "a name such as clinic-2026");
    }
    long size = dataSets.append(call.tenant(), name, from, examples);
    return TrainRoutes.object().put("data_set", name).put("examples", size);
  }

  private ObjectNode sampledPass(ApiCall call, WireFields body) {
    String model = body.text("model_id");
    PrivacySettings settings = privacy(call, body);
    if (settings.rate().isEmpty()) {
      throw TuningException.invalid(
          "tuning.batch_is_given",
          "this model's batches come from its caller; 'sampling_rate' in dp has the service draw");
    }
    Command command =
        new Command.SampledPass(
            settings.dataSet(), body.text("loss_fn"), body.numbers("loss_fn_config"));
    return TrainRoutes.accepted(
        service.submit(model, call.tenant(), PassJson.sequence(body), command), model);
  }
}
