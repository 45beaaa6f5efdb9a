package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.CodedException;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.lora.registry.Registration;
import dev.tensafe.server.config.ServerConfig;
import dev.tensafe.server.metrics.AdapterMetrics;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.trace.RequestTrace;
import dev.tensafe.tracing.TraceSpan;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.ext.web.RoutingContext;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code /v1/adapters}: upload, look, remove. */
final class AdapterHandler {
  private static final Logger LOG = LoggerFactory.getLogger(AdapterHandler.class);
  private static final int MAX_UPLOADS = 4;
  private static final long TRUST_CHECK_MILLIS = 5_000;

  private final Vertx vertx;
  private final ServerConfig config;
  private final Optional<AdapterRegistry> adapters;
  private final AdapterMetrics metrics;
  private final AdapterJson json;
  // of its own: verifying is long, and must not hold up requests being encoded
  private final WorkerExecutor worker;
  private final AtomicInteger uploads = new AtomicInteger();

  AdapterHandler(Vertx vertx, ServerConfig config, ServedModel model, AdapterMetrics metrics) {
    this.vertx = vertx;
    this.config = config;
    this.adapters = model.adapters();
    this.metrics = metrics;
    this.json = new AdapterJson(model.name(), model.adapters().flatMap(AdapterRegistry::encrypted));
    this.worker = vertx.createSharedWorkerExecutor("adapters", 1);
    adapters.ifPresent(this::watchTrust);
  }

  private void watchTrust(AdapterRegistry registry) {
    vertx.setPeriodic(
        TRUST_CHECK_MILLIS,
        id ->
            worker
                .executeBlocking(
                    () -> {
                      registry.refreshTrust();
                      return true;
                    })
                .onFailure(e -> LOG.error("trust cannot be read; the last one stands", e)));
  }

  void upload(RoutingContext routing) {
    AdapterRegistry registry = registry();
    Optional<Boolean> pinned = pinned(routing);
    String type = routing.request().getHeader("content-type");
    boolean multipart = AdapterUpload.isMultipart(type);
    if (uploads.incrementAndGet() > MAX_UPLOADS) {
      uploads.decrementAndGet();
      throw new ApiException(
          429,
          "rate_limit_error",
          MAX_UPLOADS + " uploads are under way already",
          null,
          "too_many_uploads");
    }
    Path file = registry.newUpload();
    AdapterUpload upload = new AdapterUpload(vertx, routing, file, config);
    // made now, while nothing of the request has been read
    Responder responder = new Responder(routing);
    upload
        .receive(multipart)
        .compose(received -> run(() -> register(registry, file, pinned, routing)))
        .onComplete(
            done -> {
              uploads.decrementAndGet();
              if (done.succeeded()) {
                answer(responder, done.result());
              } else {
                refuse(registry, file, responder, done.cause());
              }
            });
  }

  private static Registration register(
      AdapterRegistry registry, Path file, Optional<Boolean> pinned, RoutingContext routing) {
    RequestTrace trace = TraceHeaders.of(routing);
    TraceSpan part = trace.part("verify package");
    try {
      Registration registration = registry.register(file, pinned);
      part.set("tensafe.adapter.digest", registration.status().info().digest());
      return registration;
    } catch (CodedException e) {
      part.fail(e.code());
      throw e;
    } finally {
      trace.end(part);
    }
  }

  private <T> Future<T> run(Callable<T> task) {
    return worker.executeBlocking(task, false);
  }

  private void answer(Responder responder, Registration registration) {
    responder.json(registration.created() ? 201 : 200, json.adapter(registration.status()));
  }

  private void refuse(AdapterRegistry registry, Path file, Responder responder, Throwable cause) {
    run(() -> {
          registry.discard(file);
          return true;
        })
        .onFailure(e -> LOG.warn("an upload cannot be deleted"));
    ApiException error = Failures.of(cause);
    metrics.refused(Objects.requireNonNullElse(error.code(), "unknown"));
    LOG.info("an uploaded package is refused: {}", error.code());
    responder.fail(error);
  }

  private static Optional<Boolean> pinned(RoutingContext routing) {
    String text = routing.request().getParam("pinned");
    if (text == null) {
      return Optional.empty();
    }
    if (!text.equals("true") && !text.equals("false")) {
      throw ApiException.invalid("pinned", "invalid_value", "'pinned' is true or false");
    }
    return Optional.of(text.equals("true"));
  }

  void list(RoutingContext routing) {
    ObjectNode out = JsonBody.object().put("object", "list");
    ArrayNode data = out.putArray("data");
    adapters.ifPresent(r -> r.list().forEach(status -> data.add(json.adapter(status))));
    new Responder(routing).json(200, out);
  }

  void get(RoutingContext routing) {
    String name = routing.pathParam("name");
    ObjectNode found =
        adapters.flatMap(r -> r.find(name)).map(json::adapter).orElseThrow(() -> notFound(name));
    new Responder(routing).json(200, found);
  }

  void delete(RoutingContext routing) {
    AdapterRegistry registry = registry();
    String name = routing.pathParam("name");
    Responder responder = new Responder(routing);
    run(() -> {
          registry.remove(name);
          return true;
        })
        .onComplete(
            done -> {
              if (done.succeeded()) {
                metrics.forget(name);
                responder.json(
                    200,
                    JsonBody.object()
                        .put("id", name)
                        .put("object", "adapter")
                        .put("deleted", true));
              } else {
                responder.fail(Failures.of(done.cause()));
              }
            });
  }

  private AdapterRegistry registry() {
    return adapters.orElseThrow(
        () ->
            new ApiException(
                403,
                "permission_error",
                "this server accepts no adapters: it needs --adapters, --trust and"
                    + " --recipient-key",
                null,
                "adapters_not_accepted"));
  }

  private static ApiException notFound(String name) {
    return ApiException.of(
        new AdapterException(
            AdapterException.Reason.NOT_FOUND, "there is no adapter '" + name + "'"));
  }
}
