package dev.tensafe.server.http;

import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.runtime.ConfigException;
import dev.tensafe.server.config.ApiKeys;
import dev.tensafe.server.config.ServerConfig;
import dev.tensafe.server.metrics.ServerMetrics;
import dev.tensafe.server.openai.TokenTexts;
import dev.tensafe.server.status.ServerActivity;
import dev.tensafe.server.trace.RequestTraces;
import dev.tensafe.server.wire.RequestGuard;
import io.netty.handler.ssl.NotSslRecordException;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.net.PemKeyCertOptions;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP server around one engine. Life: {@link #start}, serving, {@link #drain} (new requests
 * are refused, running ones finish), {@link #close}. Does not own the engine.
 */
public final class InferenceServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(InferenceServer.class);
  private static final long PLAIN_REPORT_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final ServerConfig config;
  private final ServedModel model;
  private final Vertx vertx;
  private final HttpServer server;
  private final Ticker ticker;
  private final Preparation preparation;
  private final InferenceHandler inference;
  private final ServerMetrics metrics;
  private volatile boolean accepting = true;
  private volatile boolean plainReported;
  private volatile long plainReportedNanos;

  private InferenceServer(
      ServerConfig config,
      ServedModel model,
      Vertx vertx,
      HttpServer server,
      Ticker ticker,
      Preparation preparation,
      InferenceHandler inference,
      ServerMetrics metrics) {
    this.config = config;
    this.model = model;
    this.vertx = vertx;
    this.server = server;
    this.ticker = ticker;
    this.preparation = preparation;
    this.inference = inference;
    this.metrics = metrics;
  }

  /**
   * Binds and serves.
   *
   * @throws ConfigException {@code config.port} when the address cannot be bound, {@code config.*}
   *     when keys or certificates cannot be used
   */
  public static InferenceServer start(
      ServerConfig config, ServedModel model, Ticker ticker, Clock clock) {
    return start(config, model, RequestTraces.off(), ticker, clock);
  }

  /**
   * Binds and serves.
   *
   * @param traces of its requests
   * @throws ConfigException as the other says
   */
  public static InferenceServer start(
      ServerConfig config, ServedModel model, RequestTraces traces, Ticker ticker, Clock clock) {
    Path keyFile = config.apiKeys();
    ApiKeys keys = keyFile == null ? null : ApiKeys.load(keyFile);
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2).setWorkerPoolSize(2));
    try {
      HttpServer server = vertx.createHttpServer(options(config));
      ServerMetrics metrics =
          new ServerMetrics(model.name(), model.engine(), model.adapters(), clock);
      long timeoutNanos = TimeUnit.SECONDS.toNanos(config.requestTimeoutSeconds());
      TokenTexts texts = new TokenTexts(model.tokenizer());
      Preparation preparation =
          new Preparation(vertx, ticker, Runtime.getRuntime().availableProcessors());
      ServerActivity activity = new ServerActivity(model.engine(), ticker, clock);
      InferenceHandler inference =
          new InferenceHandler(
              vertx,
              preparation,
              model,
              texts,
              new ModelPins(model, timeoutNanos),
              new RequestSubmission(
                  vertx, model, texts, metrics, activity, ticker, clock, timeoutNanos),
              activity.requests());
      InferenceServer self =
          new InferenceServer(
              config, model, vertx, server, ticker, preparation, inference, metrics);
      AdapterHandler adapters = new AdapterHandler(vertx, config, model, metrics.adapters());
      HttpApi api =
          new HttpApi(
              vertx,
              config,
              preparation,
              model,
              metrics,
              new Authorizer(keys, activity.tenants()::accepted),
              traces,
              inference,
              adapters,
              new StatusHandler(model, activity, keys, self::isReady),
              self::isReady);
      server.requestHandler(api.router());
      server.exceptionHandler(self::failedHandshake);
      server.connectionHandler(
          connection -> {
            connection.exceptionHandler(e -> {});
            if (connection instanceof HttpServerConnection internal) {
              RequestGuard.install(
                  internal.channelHandlerContext().pipeline(), config.bodyTimeoutSeconds());
            }
          });
      await(server.listen(config.port(), config.host()), 30);
      return self;
    } catch (ExecutionException | TimeoutException e) {
      vertx.close();
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new ConfigException(
          "config.port",
          "cannot listen on " + config.host() + ":" + config.port() + ": " + cause.getMessage(),
          e);
    } catch (RuntimeException e) {
      vertx.close();
      throw e;
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

  /** What answers requests: the router. */
  Handler<HttpServerRequest> handler() {
    return server.requestHandler();
  }

  private boolean isReady() {
    return accepting && model.engine().alive();
  }

  /** The URL that it listens on, with the port that was bound. */
  public String url() {
    boolean tls = config.tlsCertificate() != null;
    String host = config.host().contains(":") ? "[" + config.host() + "]" : config.host();
    return (tls ? "https://" : "http://") + host + ":" + server.actualPort();
  }

  /**
   * Refuses new requests and waits until the running ones are done or the drain time is over.
   *
   * @return a future that completes then, with whether all were done
   */
  public Future<Boolean> drain() {
    accepting = false;
    Promise<Boolean> promise = Promise.promise();
    long deadline = ticker.nanos() + config.drainTimeoutSeconds() * 1_000_000_000L;
    vertx.setPeriodic(
        20,
        id -> {
          boolean idle = inference.preparing() == 0 && model.engine().active() == 0;
          if (idle || ticker.nanos() - deadline >= 0) {
            vertx.cancelTimer(id);
            LOG.info("drained: {} requests left", model.engine().active());
            promise.tryComplete(idle);
          }
        });
    return promise.future();
  }

  @Override
  public void close() {
    accepting = false;
    try {
      // the last answers may still be on their way out
      await(server.shutdown(2, TimeUnit.SECONDS), 10);
      preparation.close();
      metrics.close();
      await(vertx.close(), 10);
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("the server did not close cleanly");
    }
  }
}
