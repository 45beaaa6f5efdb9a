package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.runtime.Version;
import dev.tensafe.server.config.ApiKeys;
import dev.tensafe.server.config.ServerConfig;
import dev.tensafe.server.metrics.ServerMetrics;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.JsonBody;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.CorsHandler;
import java.util.Locale;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The routes: who may call them, how their bodies are bounded, what their errors look like. */
final class HttpApi {
  private static final Logger LOG = LoggerFactory.getLogger(HttpApi.class);

  private static final String BODY_TIMER = "body-timer";

  private final Vertx vertx;
  private final ServerConfig config;
  private final ServerMetrics metrics;
  private final Authorizer authorizer;
  private final InferenceHandler inference;
  private final TokenHandler tokens;
  private final ModelsHandler models;
  private final AdapterHandler adapters;
  private final BooleanSupplier ready;
  private final ApiDocument document = ApiDocument.load();

  HttpApi(
      Vertx vertx,
      ServerConfig config,
      ServedModel model,
      ServerMetrics metrics,
      Authorizer authorizer,
      InferenceHandler inference,
      AdapterHandler adapters,
      BooleanSupplier ready) {
    this.vertx = vertx;
    this.config = config;
    this.models = new ModelsHandler(model);
    this.adapters = adapters;
    this.metrics = metrics;
    this.authorizer = authorizer;
    this.inference = inference;
    this.tokens = new TokenHandler(vertx, model);
    this.ready = ready;
  }

  Router router() {
    Router router = Router.router(vertx);
    router.route().handler(RequestIds::assign);
    if (!config.corsOrigins().isEmpty()) {
      CorsHandler cors =
          CorsHandler.create()
              .allowedMethods(Set.of(HttpMethod.GET, HttpMethod.POST, HttpMethod.DELETE));
      config.corsOrigins().forEach(cors::addOrigin);
      cors.allowedHeaders(Set.of("authorization", "content-type"));
      router.route().handler(cors);
    }
    router.get("/health").handler(r -> new Responder(r).json(200, status("ok")));
    router.get("/ready").handler(this::ready);
    router.get("/version").handler(r -> new Responder(r).json(200, version()));
    router.get("/openapi.json").handler(document::answer);
    Handler<RoutingContext> infer = authorizer.require(ApiKeys.Scope.INFER);
    router
        .get("/metrics")
        .handler(authorizer.require(ApiKeys.Scope.METRICS))
        .handler(this::metrics);
    router.get("/v1/models").handler(infer).handler(models::list);
    // a name may hold slashes, as those of Hugging Face do
    router.getWithRegex("/v1/models/(?<id>.+)").handler(infer).handler(models::byId);
    Handler<RoutingContext> look = authorizer.require(ApiKeys.Scope.ADAPTERS, ApiKeys.Scope.INFER);
    Handler<RoutingContext> change = authorizer.require(ApiKeys.Scope.ADAPTERS);
    router.get("/v1/adapters").handler(look).handler(adapters::list);
    router.get("/v1/adapters/:name").handler(look).handler(adapters::get);
    router.delete("/v1/adapters/:name").handler(change).handler(this::whenReady);
    router.delete("/v1/adapters/:name").handler(adapters::delete);
    router.post("/v1/adapters").handler(change).handler(this::whenReady);
    router.post("/v1/adapters").handler(adapters::upload);
    post(router, "/v1/chat/completions", infer, inference::chat);
    post(router, "/v1/completions", infer, inference::completion);
    post(router, "/tokenize", infer, tokens::tokenize);
    post(router, "/detokenize", infer, tokens::detokenize);
    router.route().failureHandler(this::failed);
    router.route().last().handler(this::unknown);
    return router;
  }

  private void post(
      Router router, String path, Handler<RoutingContext> access, Handler<RoutingContext> handler) {
    BodyHandler body = BodyHandler.create(false).setBodyLimit(config.maxBodyBytes());
    // a route each: the router wants a body handler first on its own
    router.post(path).handler(access);
    router.post(path).handler(HttpApi::checkContentType);
    router.post(path).handler(this::limitBodyTime);
    router.post(path).handler(body);
    router.post(path).handler(this::bodyArrived);
    router
        .post(path)
        .handler(
            r -> {
              requireReady();
              handler.handle(r);
            });
  }

  private void whenReady(RoutingContext routing) {
    requireReady();
    routing.next();
  }

  private void requireReady() {
    if (!ready.getAsBoolean()) {
      throw ApiException.unavailable("not_ready", "the server is loading or stopping");
    }
  }

  /** Closes connections whose body does not arrive in time. */
  private void limitBodyTime(RoutingContext routing) {
    long millis = config.bodyTimeoutSeconds() * 1000L;
    long timer = vertx.setTimer(millis, id -> routing.response().reset());
    routing.put(BODY_TIMER, timer);
    routing.addEndHandler(v -> vertx.cancelTimer(timer));
    routing.next();
  }

  private void bodyArrived(RoutingContext routing) {
    Long timer = routing.get(BODY_TIMER);
    vertx.cancelTimer(timer);
    routing.next();
  }

  private static void checkContentType(RoutingContext routing) {
    String type = routing.request().getHeader("content-type");
    if (type != null
        && !type.toLowerCase(Locale.ROOT).split(";", 2)[0].strip().equals("application/json")) {
      throw new ApiException(
          415,
          "invalid_request_error",
          "send 'Content-Type: application/json', not '" + type + "'",
          null,
          "unsupported_media_type");
    }
    routing.next();
  }

  static byte[] bodyOf(RoutingContext routing) {
    var buffer = routing.body().buffer();
    return buffer == null ? new byte[0] : buffer.getBytes();
  }

  private void ready(RoutingContext routing) {
    Responder responder = new Responder(routing);
    if (ready.getAsBoolean()) {
      responder.json(200, status("ready"));
    } else {
      responder.fail(ApiException.unavailable("not_ready", "the server is loading or stopping"));
    }
  }

  private static ObjectNode status(String text) {
    return JsonBody.object().put("status", text);
  }

  static ObjectNode version() {
    return JsonBody.object().put("version", Version.current());
  }

  private void metrics(RoutingContext routing) {
    routing
        .response()
        .putHeader("content-type", "text/plain; version=0.0.4; charset=utf-8")
        .end(metrics.scrape());
  }

  private void unknown(RoutingContext routing) {
    String path = routing.request().path();
    throw new ApiException(
        404,
        "not_found_error",
        "there is no route " + routing.request().method() + " " + path,
        null,
        "unknown_url");
  }

  private void failed(RoutingContext routing) {
    if (routing.response().ended()) {
      return;
    }
    Throwable error = routing.failure();
    ApiException answer;
    if (error instanceof ApiException api) {
      answer = api;
    } else if (routing.statusCode() == 413) {
      answer =
          new ApiException(
              413,
              "invalid_request_error",
              "the body is larger than " + config.maxBodyBytes() + " bytes",
              null,
              "body_too_large");
    } else if (routing.statusCode() >= 400 && routing.statusCode() < 500) {
      answer =
          new ApiException(
              routing.statusCode(),
              "invalid_request_error",
              "the request is malformed",
              null,
              null);
    } else {
      LOG.error("a request failed unexpectedly", error);
      answer = ApiException.of(error == null ? new IllegalStateException("no cause") : error);
    }
    new Responder(routing).fail(answer);
  }
}
