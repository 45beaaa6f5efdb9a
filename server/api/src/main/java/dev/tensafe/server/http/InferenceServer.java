package dev.tensafe.server.http;

import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.runtime.ConfigException;
import dev.tensafe.server.config.ApiKeys;
import dev.tensafe.server.config.ServerConfig;
import dev.tensafe.server.metrics.ServerMetrics;
import dev.tensafe.server.openai.TokenTexts;
import dev.tensafe.server.status.ServerActivity;
import dev.tensafe.server.trace.RequestTraces;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.time.Clock;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP server around one engine. Life: {@link #start}, serving, {@link #drain} (new requests
 * are refused, running ones finish), {@link #close}. Does not own the engine.
 */
public final class InferenceServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(InferenceServer.class);

  private final ServerConfig config;
  private final ServedModel model;
  private final HttpListener listener;
  private final Ticker ticker;
  private final Preparation preparation;
  private final InferenceHandler inference;
  private final ServerMetrics metrics;
  private volatile boolean accepting = true;

  private InferenceServer(
      ServerConfig config,
      ServedModel model,
      HttpListener listener,
      Ticker ticker,
      Preparation preparation,
      InferenceHandler inference,
      ServerMetrics metrics) {
    this.config = config;
    this.model = model;
    this.listener = listener;
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
    ApiKeys keys = ApiKeys.of(config.apiKeys());
    HttpListener listener = new HttpListener(config, ticker);
    try {
      Vertx vertx = listener.vertx();
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
          new InferenceServer(config, model, listener, ticker, preparation, inference, metrics);
      Authorizer authorizer = new Authorizer(keys, activity.tenants()::accepted);
      RouterFrame frame =
          new RouterFrame(
              vertx,
              config,
              preparation,
              authorizer,
              traces,
              metrics.http(),
              metrics::scrape,
              self::isReady);
      HttpApi api =
          new HttpApi(
              config,
              frame,
              preparation,
              model,
              authorizer,
              inference,
              new AdapterHandler(vertx, config, model, metrics.adapters()),
              new StatusHandler(model, activity, keys, self::isReady));
      listener.listen(api.router());
      return self;
    } catch (RuntimeException e) {
      listener.close();
      throw e;
    }
  }

  /** What answers requests: the router. */
  Handler<HttpServerRequest> handler() {
    return listener.handler();
  }

  private boolean isReady() {
    return accepting && model.engine().alive();
  }

  /** The URL that it listens on, with the port that was bound. */
  public String url() {
    return listener.url();
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
    Vertx vertx = listener.vertx();
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
    listener.shutdown(
        () -> {
          preparation.close();
          metrics.close();
        });
  }
}
