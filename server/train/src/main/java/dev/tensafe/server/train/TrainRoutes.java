package dev.tensafe.server.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.CodedException;
import dev.tensafe.privacy.PrivacyException;
import dev.tensafe.server.config.ApiKeys.Scope;
import dev.tensafe.server.http.ApiCall;
import dev.tensafe.server.http.ApiResult;
import dev.tensafe.server.http.ApiRoutes;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.train.proto.PassReader;
import dev.tensafe.server.train.sample.SampleCheck;
import dev.tensafe.server.train.sample.WeightsPath;
import dev.tensafe.server.train.wire.ModelJson;
import dev.tensafe.server.train.wire.PassJson;
import dev.tensafe.server.train.wire.PassRequest;
import dev.tensafe.server.train.wire.StepJson;
import dev.tensafe.server.train.wire.WireFields;
import dev.tensafe.training.TrainingException;
import dev.tensafe.tuning.ModelSettings;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.command.Command;
import dev.tensafe.tuning.queue.JobQueue;
import dev.tensafe.tuning.queue.JobState;
import dev.tensafe.tuning.queue.JobSummary;
import dev.tensafe.tuning.queue.Outcome;
import dev.tensafe.tuning.run.TuningService;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * The routes of the public training protocol, and those of our own under {@code tensafe/}. Long
 * calls answer with a request id, whose result {@code retrieve_future} waits for.
 */
final class TrainRoutes implements ApiRoutes {
  private static final String PREFIX = "/api/v1/";
  private static final List<String> JSON = List.of("application/json");
  private static final List<String> JSON_OR_PROTOBUF =
      List.of("application/json", "application/x-protobuf");

  /** Below the 45 seconds after which clients of the protocol give up waiting. */
  private static final Duration MOST_WAIT = Duration.ofSeconds(30);

  private static final Duration METADATA_WAIT = Duration.ZERO;

  private final TuningService service;
  private final ModelFacts facts;
  private final ModelJson models;
  private final SampleSources sources;
  private final OwnerRoutes owners;

  TrainRoutes(
      TuningService service,
      ModelFacts facts,
      ModelJson models,
      SampleSources sources,
      OwnerRoutes owners) {
    this.service = service;
    this.facts = facts;
    this.models = models;
    this.sources = sources;
    this.owners = owners;
  }

  @Override
  public void addTo(Adder routes) {
    routes.open(PREFIX + "healthz", call -> now(object().put("status", "ok")));
    routes.get(PREFIX + "get_server_capabilities", Scope.TRAIN, call -> now(capabilities()));
    json(routes, "get_server_capabilities", (call, body) -> capabilities());
    json(routes, "client/config", (call, body) -> clientConfig());
    json(routes, "auth/token", (call, body) -> noTokens());
    json(routes, "telemetry", (call, body) -> object().put("status", "accepted"));
    json(routes, "create_session", this::createSession);
    json(routes, "session_heartbeat", this::heartbeat);
    json(routes, "create_model", this::createModel);
    json(routes, "get_info", this::info);
    json(routes, "unload_model", (call, body) -> submit(call, body, new Command.Unload()));
    pass(routes, "forward_backward", false);
    pass(routes, "forward", true);
    json(routes, "optim_step", (call, body) -> submit(call, body, StepJson.read(body)));
    json(routes, "save_weights", (call, body) -> submit(call, body, save(body)));
    json(routes, "load_weights", (call, body) -> submit(call, body, load(body)));
    json(
        routes,
        "save_weights_for_sampler",
        (call, body) -> submit(call, body, new Command.Publish(name(body, "path"), ttl(body))));
    json(routes, "create_sampling_session", this::samplingSession);
    json(routes, "asample", this::sample);
    routes.post(PREFIX + "retrieve_future", Scope.TRAIN, JSON, this::retrieve);
    routes.get(PREFIX + "training_runs", Scope.TRAIN, call -> now(runs(call)));
    json(routes, "tensafe/cancel", this::cancel);
    json(routes, "tensafe/calls", this::calls);
    owners.addTo(routes);
  }

  /** Makes an answer of a body. */
  @FunctionalInterface
  interface JsonHandler {
    JsonNode answer(ApiCall call, WireFields body);
  }

  static void json(Adder routes, String path, JsonHandler handler) {
    routes.post(
        PREFIX + path,
        Scope.TRAIN,
        JSON,
        call -> now(handled(() -> handler.answer(call, body(call)))));
  }

  private void pass(Adder routes, String path, boolean onlyForward) {
    routes.post(
        PREFIX + path,
        Scope.TRAIN,
        JSON_OR_PROTOBUF,
        call ->
            now(
                handled(
                    () -> {
                      PassRequest request =
                          call.contentType().equals("application/x-protobuf")
                              ? PassReader.read(call.body(), onlyForward)
                              : PassJson.read(body(call), onlyForward);
                      if (request.model().isEmpty()) {
                        throw TuningException.invalid("tuning.field", "'model_id' is missing");
                      }
                      return accepted(
                          service.submit(
                              request.model(), call.tenant(), request.sequence(), request.pass()),
                          request.model());
                    })));
  }

  static WireFields body(ApiCall call) {
    return WireFields.of(
        JsonBody.parse(call.body().length == 0 ? new byte[] {'{', '}'} : call.body()));
  }

  static CompletionStage<ApiResult> now(JsonNode answer) {
    return CompletableFuture.completedFuture(ApiResult.json(answer));
  }

  /** Does work of a route; its errors get a status. */
  static <T> T handled(Supplier<T> work) {
    try {
      return work.get();
    } catch (CodedException e) {
      throw error(e);
    }
  }

  /** The answer for an error. */
  static ApiException error(CodedException e) {
    int status = 500;
    String type = "server_error";
    if (e instanceof TuningException tuning) {
      status =
          switch (tuning.kind()) {
            case INVALID -> 400;
            case NOT_FOUND -> 404;
            case CONFLICT -> 409;
            case GONE -> 410;
            case QUOTA -> 429;
            case FAILED -> 500;
          };
      type =
          switch (tuning.kind()) {
            case QUOTA -> "rate_limit_error";
            case NOT_FOUND -> "not_found_error";
            case FAILED -> "server_error";
            default -> "invalid_request_error";
          };
    } else if (e instanceof TrainingException || e instanceof PrivacyException) {
      status = 400;
      type = "invalid_request_error";
    }
    return new ApiException(status, type, e.description(), null, e.code());
  }

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  // what there is -----------------------------------------------------------------------------

  private ObjectNode capabilities() {
    ObjectNode out = object();
    out.putArray("supported_models")
        .addObject()
        .put("model_name", facts.name())
        .put("max_context_length", facts.contextLength());
    ArrayNode losses = out.putObject("tensafe").putArray("losses");
    facts.losses().forEach(losses::add);
    return out;
  }

  private static ObjectNode clientConfig() {
    return object().put("proto_compress_fwdbwd", false).put("pjwt_auth_enabled", false);
  }

  private static ObjectNode noTokens() {
    throw new ApiException(
        400,
        "invalid_request_error",
        "this service takes the key itself, in 'X-API-Key'; it gives no tokens out",
        null,
        "tuning.no_tokens");
  }

  // sessions and models -----------------------------------------------------------------------

  private ObjectNode createSession(ApiCall call, WireFields body) {
    return object()
        .put("type", "create_session")
        .put("session_id", service.createSession(call.tenant()));
  }

  private ObjectNode heartbeat(ApiCall call, WireFields body) {
    service.heard(body.text("session_id"), call.tenant());
    return object().put("type", "session_heartbeat");
  }

  private ObjectNode createModel(ApiCall call, WireFields body) {
    ModelSettings settings = models.read(body);
    long number = body.optionalLong("model_seq_id", 0, Integer.MAX_VALUE).orElse(0);
    JobQueue.Made made =
        service.createModel(body.text("session_id"), call.tenant(), number, settings);
    return accepted(made.requestId(), made.model());
  }

  private ObjectNode info(ApiCall call, WireFields body) {
    String model = body.text("model_id");
    ModelSettings settings = service.settings(model, call.tenant());
    ObjectNode out = object().put("type", "get_info").put("model_id", model);
    out.put("is_lora", true).put("lora_rank", settings.lora().rank());
    out.put("model_name", settings.baseModel());
    out.putObject("model_data")
        .put("arch", facts.architecture())
        .put("model_name", settings.baseModel())
        .put("tokenizer_id", settings.baseModel());
    ObjectNode ours = out.putObject("tensafe");
    ours.put("alpha", settings.lora().alpha()).put("dropout", settings.lora().dropout());
    ArrayNode targets = ours.putArray("target_modules");
    settings.lora().targets().stream()
        .sorted()
        .map(kind -> kind.moduleName().replaceFirst(".*\\.", ""))
        .forEach(targets::add);
    // low-rank matrices lie beside the projections of layers; nothing else is trained
    ours.put("train_unembed", false).put("private", settings.privacy().isPresent());
    return out;
  }

  private ObjectNode runs(ApiCall call) {
    ObjectNode out = object();
    ArrayNode list = out.putArray("training_runs");
    service
        .models(call.tenant())
        .forEach(
            model ->
                list.addObject()
                    .put("training_run_id", model.id())
                    .put("base_model", facts.name())
                    .put("is_lora", true)
                    .put("active", model.active()));
    return out;
  }

  // calls ---------------------------------------------------------------------------------------

  private ObjectNode submit(ApiCall call, WireFields body, Command command) {
    String model = body.text("model_id");
    return accepted(service.submit(model, call.tenant(), PassJson.sequence(body), command), model);
  }

  static ObjectNode accepted(String request, String model) {
    return object().put("request_id", request).put("model_id", model);
  }

  private static Optional<String> name(WireFields body, String field) {
    Optional<String> name = body.optionalText(field);
    if (name.isPresent() && !name.get().matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
      throw body.error(field, "a name of letters, digits, '.', '_' and '-'");
    }
    return name;
  }

  private static Optional<Long> ttl(WireFields body) {
    OptionalLong ttl = body.optionalLong("ttl_seconds", 1, 10L * 366 * 86_400);
    return ttl.isPresent() ? Optional.of(ttl.getAsLong()) : Optional.empty();
  }

  private static Command save(WireFields body) {
    return new Command.Save(
        name(body, "path"),
        ttl(body),
        body.optionalFlag("overwrite").orElse(false),
        body.object("tensafe").texts("metadata", 32));
  }

  private static Command load(WireFields body) {
    WeightsPath path = WeightsPath.parse(body.text("path"));
    if (path.sampler()) {
      throw body.error("path", "of a checkpoint; sampler weights have no optimizer's state");
    }
    return new Command.Load(path.text(), body.optionalFlag("optimizer").orElse(false));
  }

  private ObjectNode samplingSession(ApiCall call, WireFields body) {
    service.heard(body.text("session_id"), call.tenant());
    String source = sources.of(body, call.tenant());
    long number = body.optionalLong("sampling_session_seq_id", 0, Integer.MAX_VALUE).orElse(0);
    // the id holds all there is to know, so it outlives the process and is the same a second time
    String id = SamplingSession.id(body.text("session_id"), number, source);
    return object().put("type", "create_sampling_session").put("sampling_session_id", id);
  }

  private ObjectNode sample(ApiCall call, WireFields body) {
    byte[] complete = SampleCheck.complete(call.body(), sources.of(body, call.tenant()));
    // a tenant's own, whatever it is called
    String scope = call.tenant() + "/" + body.optionalText("sampling_session_id").orElse("");
    OptionalLong sequence =
        body.has("sampling_session_id") ? PassJson.sequence(body) : OptionalLong.empty();
    String request = service.submitSample(scope, call.tenant(), sequence, complete);
    return object().put("request_id", request);
  }

  private CompletionStage<ApiResult> retrieve(ApiCall call) {
    return handled(
        () -> {
          WireFields body = body(call);
          String request = body.text("request_id");
          Duration wait =
              body.optionalFlag("allow_metadata_only").orElse(false) ? METADATA_WAIT : MOST_WAIT;
          return service
              .fetch(request, call.tenant(), wait)
              .thenApply(outcome -> result(request, outcome));
        });
  }

  private static ApiResult result(String request, Outcome outcome) {
    byte[] result = outcome.result();
    if (result != null) {
      return new ApiResult(200, "application/json", result);
    }
    if (!outcome.state().ended()) {
      return ApiResult.json(
          object()
              .put("type", "try_again")
              .put("request_id", request)
              .put("queue_state", "active"));
    }
    return ApiResult.json(
        object()
            .put("error", outcome.text())
            .put("category", outcome.userFault() ? "user" : "server")
            .put("code", outcome.code()));
  }

  private ObjectNode cancel(ApiCall call, WireFields body) {
    return object().put("cancelled", service.cancel(body.text("request_id"), call.tenant()));
  }

  private ObjectNode calls(ApiCall call, WireFields body) {
    Optional<String> state = body.optionalText("state");
    JobState wanted =
        state
            .map(
                name ->
                    List.of(JobState.values()).stream()
                        .filter(s -> s.label().equals(name))
                        .findFirst()
                        .orElseThrow(
                            () ->
                                body.error(
                                    "state", "queued, running, done, failed, cancelled or dead")))
            .orElse(null);
    ObjectNode out = object();
    ArrayNode list = out.putArray("calls");
    for (JobSummary job :
        service.list(
            call.tenant(), wanted, (int) body.optionalLong("limit", 1, 1000).orElse(100))) {
      list.addObject()
          .put("request_id", job.requestId())
          .put("model_id", job.model())
          .put("seq_id", job.sequence())
          .put("kind", job.label())
          .put("state", job.state().label())
          .put("attempts", job.attempts())
          .put("created", job.created().toString())
          .put("code", job.code());
    }
    return out;
  }
}
