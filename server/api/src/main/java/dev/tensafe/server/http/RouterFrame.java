package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.runtime.Version;
import dev.tensafe.runtime.log.LogFields;
import dev.tensafe.runtime.metrics.Exposition;
import dev.tensafe.server.config.ApiKeys;
import dev.tensafe.server.config.ServerConfig;
import dev.tensafe.server.metrics.HttpMetrics;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.trace.RequestTraces;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.CorsHandler;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the routes of every API have in common: names of requests, counts, origins, the routes of
 * operators, bounded bodies in their tenant's turn, what errors look like. Life: {@link #begin},
 * routes, {@link #end}.
 */
final class RouterFrame {
  static final List<String> JSON = List.of("application/json");

  private static final String BODY_TIMER = "body-timer";

  private final Vertx vertx;
  private final ServerConfig config;
  private final Preparation preparation;
  private final Authorizer authorizer;
  private final RequestTraces traces;
  private final HttpMetrics counts;
  private final Function<@Nullable String, Exposition> scrape;
  private final BooleanSupplier ready;
  private final Router router;
  private final Routes routes;

  /**
   * @param scrape the metrics in the format that a client accepts
   */
  RouterFrame(
      Vertx vertx,
      ServerConfig config,
      Preparation preparation,
      Authorizer authorizer,
      RequestTraces traces,
      HttpMetrics counts,
      Function<@Nullable String, Exposition> scrape,
      BooleanSupplier ready) {
    this.vertx = vertx;
    this.config = config;
    this.preparation = preparation;
    this.authorizer = authorizer;
    this.traces = traces;
    this.counts = counts;
    this.scrape = scrape;
    this.ready = ready;
    this.router = Router.router(vertx);
    this.routes = new Routes(router);
  }

  /** Adds what comes before every route, and the routes of operators. */
  Routes begin() {
    router.route().handler(this::count);
    router.route().handler(RequestIds::assign);
    if (!config.corsOrigins().isEmpty()) {
      // without a list of headers, those that are asked for are allowed
      CorsHandler cors =
          CorsHandler.create()
              .allowedMethods(
                  Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST, HttpMethod.DELETE))
              .exposedHeaders(Set.of(RequestIds.HEADER, TraceHeaders.HEADER, "Retry-After"));
      config.corsOrigins().forEach(cors::addOrigin);
      router
          .route()
          .handler(
              r -> {
                if (config.console() && isOwn(r)) {
                  r.next();
                } else {
                  cors.handle(r);
                }
              });
    }
    router.route().handler(RouterFrame::checkTarget);
    routes.get("/health").handler(r -> new Responder(r).json(200, status("ok")));
    routes.get("/ready").handler(this::ready);
    routes.get("/version").handler(r -> new Responder(r).json(200, version()));
    routes
        .get("/metrics")
        .handler(authorizer.require(ApiKeys.Scope.METRICS))
        .handler(this::metrics);
    return routes;
  }

  /** Adds what answers where no route does, and errors. */
  Router end() {
    router.route().failureHandler(this::failed);
    router.route().last().handler(this::unknown);
    // what the router itself refuses, before any route
    router.errorHandler(400, this::failed);
    router.errorHandler(404, this::failed);
    return router;
  }

  /**
   * Whether a request comes from a page of this server: browsers name the origin of what posts. Its
   * scheme may be that of a proxy in front.
   */
  private static boolean isOwn(RoutingContext routing) {
    String origin = routing.request().getHeader("Origin");
    HostAndPort asked = routing.request().authority();
    return origin != null
        && asked != null
        && origin.replaceFirst("^https?://", "").equals(asked.toString());
  }

  /**
   * Adds a route whose body is read whole, when it is its tenant's turn.
   *
   * @param types of content that it takes, in lower case
   */
  void post(
      String path,
      Handler<RoutingContext> access,
      List<String> types,
      Handler<RoutingContext> handler) {
    BodyHandler body = BodyHandler.create(false).setBodyLimit(config.maxBodyBytes());
    // a route each: the router wants a body handler first on its own
    routes.post(path).handler(access);
    routes.post(path).handler(traced(path));
    routes.post(path).handler(r -> checkContentType(r, types));
    routes.post(path).handler(BodyChecks::coding);
    routes.post(path).handler(this::whenReady);
    routes.post(path).handler(this::admit);
    routes.post(path).handler(this::beforeBody);
    routes.post(path).handler(body);
    routes.post(path).handler(this::bodyArrived);
    routes
        .post(path)
        .handler(
            r -> {
              requireReady();
              handler.handle(r);
            });
  }

  Handler<RoutingContext> traced(String path) {
    return routing -> TraceHeaders.begin(routing, traces, path);
  }

  void whenReady(RoutingContext routing) {
    requireReady();
    routing.next();
  }

  private void requireReady() {
    if (!ready.getAsBoolean()) {
      throw ApiException.unavailable("not_ready", "the server is loading or stopping");
    }
  }

  /** Refuses what is too long already, and has large bodies wait for their tenant's turn. */
  private void admit(RoutingContext routing) {
    long length = BodyChecks.length(routing.request());
    if (length > config.maxBodyBytes()) {
      throw tooLarge();
    }
    preparation.admit(routing, length < 0 ? config.maxBodyBytes() : length);
  }

  /** Closes connections whose body does not come in time. */
  private void beforeBody(RoutingContext routing) {
    BodyChecks.asked(routing);
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

  private static void checkContentType(RoutingContext routing, List<String> types) {
    String type = routing.request().getHeader("content-type");
    if (type != null && !types.contains(contentType(type))) {
      throw new ApiException(
          415,
          "invalid_request_error",
          "send 'Content-Type: " + String.join("' or '", types) + "', not '" + type + "'",
          null,
          "unsupported_media_type");
    }
    routing.next();
  }

  /** A type of content without its parameters, in lower case. */
  static String contentType(String header) {
    return header.toLowerCase(Locale.ROOT).split(";", 2)[0].strip();
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

  /** Counts an answer once it has ended. */
  private void count(RoutingContext routing) {
    long begun = System.nanoTime();
    routing.addEndHandler(
        ended ->
            counts.answered(
                routing.request().method().name(),
                route(routing),
                routing.response().getStatusCode(),
                System.nanoTime() - begun));
    routing.next();
  }

  private String route(RoutingContext routing) {
    return RequestTarget.wellFormed(routing.request().uri())
        ? routes.template(routing.normalizedPath())
        : HttpMetrics.NO_ROUTE;
  }

  private void metrics(RoutingContext routing) {
    Exposition exposition = scrape.apply(routing.request().getHeader("accept"));
    Buffer text = Buffer.buffer(exposition.text());
    routing
        .response()
        .putHeader("content-type", exposition.contentType())
        .putHeader("vary", "Accept")
        .putHeader("content-length", Integer.toString(text.length()))
        .end(text);
  }

  /** Answered here: the router could not even pass such a path on to the handler of failures. */
  private static void checkTarget(RoutingContext routing) {
    if (RequestTarget.wellFormed(routing.request().uri())) {
      routing.next();
    } else {
      new Responder(routing)
          .fail(
              ApiException.invalid(
                  null, "invalid_request_target", "the path is not percent-encoded UTF-8"));
    }
  }

  private void unknown(RoutingContext routing) {
    HttpMethod method = routing.request().method();
    String allowed = routes.allowed(routing.normalizedPath());
    if (allowed.isEmpty()) {
      throw unknownUrl(routing);
    }
    routing.response().putHeader("Allow", allowed);
    throw new ApiException(
        405,
        "invalid_request_error",
        "this path takes " + allowed + ", not " + method,
        null,
        "method_not_allowed");
  }

  private static ApiException unknownUrl(RoutingContext routing) {
    return new ApiException(
        404,
        "not_found_error",
        "there is no route " + routing.request().method() + " " + routing.request().path(),
        null,
        "unknown_url");
  }

  private ApiException tooLarge() {
    return new ApiException(
        413,
        "invalid_request_error",
        "the body is larger than " + config.maxBodyBytes() + " bytes",
        null,
        "body_too_large");
  }

  private void failed(RoutingContext routing) {
    try (LogFields.Entered entered = AccessLog.of(routing).enter()) {
      answerFailure(routing);
    }
  }

  private void answerFailure(RoutingContext routing) {
    if (routing.response().ended() || routing.response().closed()) {
      return;
    }
    Throwable error = routing.failure();
    ApiException answer;
    if (error instanceof ApiException api) {
      answer = api;
    } else {
      answer =
          switch (routing.statusCode()) {
            case 403 ->
                new ApiException(
                    403,
                    "permission_error",
                    "this origin is not among the server's cors-origins",
                    null,
                    "origin_not_allowed");
            case 404 -> unknownUrl(routing);
            case 413 -> tooLarge();
            case 400 -> ApiException.invalid(null, "malformed_request", "the request is malformed");
            default -> Failures.of(error == null ? new IllegalStateException("no cause") : error);
          };
    }
    new Responder(routing).fail(answer);
  }
}
