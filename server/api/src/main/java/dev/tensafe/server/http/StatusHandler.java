package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.server.config.ApiKeys;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.status.ServerActivity;
import io.vertx.ext.web.RoutingContext;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code GET /v1/status}, and {@code POST /v1/requests/{id}/cancel}. */
final class StatusHandler {
  private static final Logger LOG = LoggerFactory.getLogger(StatusHandler.class);

  private final ServerActivity activity;
  private final BooleanSupplier ready;
  private final EngineJson engine;
  private final RequestsJson requests;
  private final AdaptersJson adapters;
  private final KeysJson keys;
  private final ServedModel model;

  /**
   * @param keys null where every route is open
   */
  StatusHandler(
      ServedModel model, ServerActivity activity, @Nullable ApiKeys keys, BooleanSupplier ready) {
    this.model = model;
    this.activity = activity;
    this.ready = ready;
    this.engine = new EngineJson(model.engine(), activity);
    this.requests = new RequestsJson(activity);
    this.adapters = new AdaptersJson(model);
    this.keys = new KeysJson(keys, activity.tenants());
  }

  void status(RoutingContext routing) {
    ObjectNode out =
        JsonBody.object()
            .put("object", "status")
            .put("time", activity.nowMillis() / 1e3)
            .put("version", RouterFrame.version().path("version").asText())
            .put("state", ready.getAsBoolean() ? "ready" : "stopping")
            .put("uptime_seconds", activity.uptimeSeconds())
            .put("model", model.name())
            .put("max_model_len", model.engine().maxSequenceLength());
    engine.addTo(out);
    out.set("requests", requests.json());
    out.set("adapters", adapters.adapters());
    out.set("adapter_hosts", adapters.hosts());
    out.set("api_keys", keys.json());
    out.set("caller", KeysJson.caller(Authorizer.key(routing)));
    new Responder(routing).json(200, out);
  }

  void cancel(RoutingContext routing) {
    String id = routing.pathParam("id");
    int cancelled = activity.requests().cancel(id);
    if (cancelled == 0) {
      throw new ApiException(
          404,
          "not_found_error",
          "no request of this id is being answered; it may have ended",
          null,
          "request_not_found");
    }
    // by whom is in the line's fields, hashed as every tenant's name
    LOG.info("{} requests are cancelled", cancelled);
    new Responder(routing)
        .json(
            200,
            JsonBody.object().put("id", id).put("object", "request").put("cancelled", cancelled));
  }
}
