package dev.tensafe.owner.host;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.runtime.ConfigException;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** {@code /health} and {@code /metrics} of an adapter host. */
public final class AdapterHostHttp implements AutoCloseable {
  private final Vertx vertx;
  private final int port;

  private AdapterHostHttp(Vertx vertx, int port) {
    this.vertx = vertx;
    this.port = port;
  }

  /**
   * @throws ConfigException {@code config.metrics-port} when the address cannot be bound
   */
  public static AdapterHostHttp start(AdapterHost host, String address, int port) {
    Vertx vertx = Vertx.vertx();
    AdapterHostMetrics metrics = new AdapterHostMetrics(host);
    HttpServer server =
        vertx.createHttpServer().requestHandler(request -> answer(request, host, metrics));
    try {
      server
          .listen(port, address)
          .toCompletionStage()
          .toCompletableFuture()
          .get(30, TimeUnit.SECONDS);
      return new AdapterHostHttp(vertx, server.actualPort());
    } catch (ExecutionException | TimeoutException e) {
      vertx.close();
      throw new ConfigException(
          "config.metrics-port", "cannot listen on " + address + ":" + port, e);
    } catch (InterruptedException e) {
      vertx.close();
      Thread.currentThread().interrupt();
      throw new ConfigException("config.metrics-port", "interrupted", e);
    }
  }

  /** The port that was bound. */
  public int port() {
    return port;
  }

  private static void answer(
      HttpServerRequest request, AdapterHost host, AdapterHostMetrics metrics) {
    switch (request.path()) {
      case "/health" ->
          request
              .response()
              .putHeader("content-type", "application/json")
              .end(
                  JsonNodeFactory.instance
                      .objectNode()
                      .put("status", host.isDraining() ? "draining" : "ok")
                      .put("adapters", host.adapters().size())
                      .put("sessions", host.openSessions())
                      .toString());
      case "/metrics" ->
          request
              .response()
              .putHeader("content-type", "text/plain; version=0.0.4; charset=utf-8")
              .end(metrics.scrape());
      default -> request.response().setStatusCode(404).end();
    }
  }

  @Override
  public void close() {
    vertx.close();
  }
}
