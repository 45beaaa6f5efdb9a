package dev.tensafe.owner.host;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.runtime.ConfigException;
import dev.tensafe.runtime.metrics.Exposition;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** {@code /health} and {@code /metrics} of an adapter host. */
public final class AdapterHostHttp implements AutoCloseable {
  private static final int IDLE_SECONDS = 30;

  private final Vertx vertx = Vertx.vertx();
  private final AdapterHost host;
  private final AdapterHostMetrics metrics;
  private final HttpServer server;
  private final Set<HttpConnection> answered = ConcurrentHashMap.newKeySet();

  private AdapterHostHttp(AdapterHost host) {
    this.host = host;
    this.metrics = new AdapterHostMetrics(host);
    this.server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setHttp2ClearTextEnabled(false)
                    .setIdleTimeout(IDLE_SECONDS)
                    .setIdleTimeoutUnit(TimeUnit.SECONDS))
            .invalidRequestHandler(this::unreadable)
            .requestHandler(this::first);
  }

  /**
   * @throws ConfigException {@code config.metrics-port} when the address cannot be bound
   */
  public static AdapterHostHttp start(AdapterHost host, String address, int port) {
    AdapterHostHttp http = new AdapterHostHttp(host);
    try {
      http.server
          .listen(port, address)
          .toCompletionStage()
          .toCompletableFuture()
          .get(30, TimeUnit.SECONDS);
      return http;
    } catch (ExecutionException | TimeoutException e) {
      http.close();
      throw new ConfigException(
          "config.metrics-port", "cannot listen on " + address + ":" + port, e);
    } catch (InterruptedException e) {
      http.close();
      Thread.currentThread().interrupt();
      throw new ConfigException("config.metrics-port", "interrupted", e);
    }
  }

  /** The port that was bound. */
  public int port() {
    return server.actualPort();
  }

  /**
   * A connection serves one request, which needs no body: so there is no second one whose beginning
   * somebody in front could take to be elsewhere (RFC 9112, section 11).
   */
  private void first(HttpServerRequest request) {
    once(
        request,
        response ->
            request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
                ? refuse(response, 400, "invalid_request", "a request has no body here")
                : respond(request, response));
  }

  private void unreadable(HttpServerRequest request) {
    once(
        request,
        response ->
            refuse(response, 400, "invalid_request", "the request cannot be read as HTTP/1.1"));
  }

  private void once(HttpServerRequest request, Function<HttpServerResponse, Future<Void>> answer) {
    HttpConnection connection = request.connection();
    if (answered.add(connection)) {
      connection.closeHandler(closed -> answered.remove(connection));
      answer
          .apply(request.response().putHeader("connection", "close"))
          .onComplete(sent -> connection.close());
    }
  }

  private Future<Void> respond(HttpServerRequest request, HttpServerResponse response) {
    String type;
    String body;
    switch (Objects.requireNonNullElse(request.path(), "")) {
      case "/health" -> {
        type = "application/json";
        body =
            JsonNodeFactory.instance
                .objectNode()
                .put("status", host.isDraining() ? "draining" : "ok")
                .put("adapters", host.adapters().size())
                .put("sessions", host.openSessions())
                .toString();
      }
      case "/metrics" -> {
        Exposition exposition = metrics.scrape(request.getHeader("accept"));
        type = exposition.contentType();
        body = exposition.text();
      }
      default -> {
        return refuse(response, 404, "not_found", "there are /health and /metrics");
      }
    }
    boolean head = request.method().equals(HttpMethod.HEAD);
    if (!head && !request.method().equals(HttpMethod.GET)) {
      response.putHeader("allow", "GET, HEAD");
      return refuse(response, 405, "method_not_allowed", "only GET and HEAD are served");
    }
    response.putHeader("content-type", type);
    if (head) {
      int length = body.getBytes(StandardCharsets.UTF_8).length;
      return response.putHeader("content-length", Integer.toString(length)).end();
    }
    return response.end(body);
  }

  private static Future<Void> refuse(
      HttpServerResponse response, int status, String code, String message) {
    ObjectNode error = JsonNodeFactory.instance.objectNode();
    error
        .putObject("error")
        .put("message", message)
        .put("type", "invalid_request_error")
        .putNull("param")
        .put("code", code);
    return response
        .setStatusCode(status)
        .putHeader("content-type", "application/json")
        .end(error.toString());
  }

  @Override
  public void close() {
    vertx.close();
  }
}
