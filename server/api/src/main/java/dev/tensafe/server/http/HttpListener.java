package dev.tensafe.server.http;

import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.runtime.ConfigException;
import dev.tensafe.server.config.ServerConfig;
import dev.tensafe.server.wire.RequestGuard;
import io.netty.handler.ssl.NotSslRecordException;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.net.PemKeyCertOptions;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bound port with the guards of its connections. Life: made, {@link #listen}, {@link #close}.
 * Thread-safe once it listens.
 */
final class HttpListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpListener.class);
  private static final long PLAIN_REPORT_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final ServerConfig config;
  private final Ticker ticker;
  private final Vertx vertx;
  private final HttpServer server;
  private volatile boolean plainReported;
  private volatile long plainReportedNanos;

  HttpListener(ServerConfig config, Ticker ticker) {
    this.config = config;
    this.ticker = ticker;
    this.vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2).setWorkerPoolSize(2));
    this.server = vertx.createHttpServer(options(config));
  }

  Vertx vertx() {
    return vertx;
  }

  /**
   * Binds, and answers with the handler from then on.
   *
   * @throws ConfigException {@code config.port} when the address cannot be bound
   */
  void listen(Handler<HttpServerRequest> handler) {
    server.requestHandler(handler);
    server.exceptionHandler(this::failedHandshake);
    server.connectionHandler(
        connection -> {
          connection.exceptionHandler(e -> {});
          if (connection instanceof HttpServerConnection internal) {
            RequestGuard.install(
                internal.channelHandlerContext().pipeline(), config.bodyTimeoutSeconds());
          }
        });
    try {
      await(server.listen(config.port(), config.host()), 30);
    } catch (ExecutionException | TimeoutException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new ConfigException(
          "config.port",
          "cannot listen on " + config.host() + ":" + config.port() + ": " + cause.getMessage(),
          e);
    }
  }

  private static HttpServerOptions options(ServerConfig config) {
    HttpServerOptions options =
        new HttpServerOptions()
            .setCompressionSupported(false)
            .setTcpNoDelay(true)
            // a body is asked for once it is known that it will be read
            .setHandle100ContinueAutomatically(false)
            .setHttp2ClearTextEnabled(false)
            // the guard's limits, which are answered with an error object, come first
            .setMaxInitialLineLength(16 * 1024)
            .setMaxHeaderSize(64 * 1024);
    Path certificate = config.tlsCertificate();
    Path key = config.tlsKey();
    if (certificate != null && key != null) {
      options
          .setSsl(true)
          .setKeyCertOptions(
              new PemKeyCertOptions()
                  .setCertPath(certificate.toString())
                  .setKeyPath(key.toString()));
    }
    return options;
  }

  /** Says, not more often than once a minute, that somebody does not speak TLS to a TLS port. */
  private void failedHandshake(Throwable error) {
    long now = ticker.nanos();
    if (error instanceof NotSslRecordException
        && (!plainReported || now - plainReportedNanos >= PLAIN_REPORT_NANOS)) {
      plainReported = true;
      plainReportedNanos = now;
      LOG.warn("a client spoke plain HTTP to this port, which is for https:// only");
    }
  }

  private static <T> T await(Future<T> future, long seconds)
      throws ExecutionException, TimeoutException {
    try {
      return future.toCompletionStage().toCompletableFuture().get(seconds, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ExecutionException(e);
    }
  }

  /** What answers requests. */
  Handler<HttpServerRequest> handler() {
    return server.requestHandler();
  }

  /** The URL that it listens on, with the port that was bound. */
  String url() {
    boolean tls = config.tlsCertificate() != null;
    String host = config.host().contains(":") ? "[" + config.host() + "]" : config.host();
    return (tls ? "https://" : "http://") + host + ":" + server.actualPort();
  }

  /**
   * Stops listening; the last answers may still go out.
   *
   * @param between runs when no request comes any more
   */
  void shutdown(Runnable between) {
    try {
      await(server.shutdown(2, TimeUnit.SECONDS), 10);
      between.run();
      await(vertx.close(), 10);
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("the server did not close cleanly");
    }
  }

  /** Gives up what was never bound. */
  @Override
  public void close() {
    vertx.close();
  }
}
