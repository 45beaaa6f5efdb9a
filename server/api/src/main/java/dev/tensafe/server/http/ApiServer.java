package dev.tensafe.server.http;

import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.runtime.metrics.Exposition;
import dev.tensafe.runtime.metrics.Families;
import dev.tensafe.runtime.metrics.ProcessMetrics;
import dev.tensafe.server.config.ApiKeys;
import dev.tensafe.server.config.ServerConfig;
import dev.tensafe.server.metrics.HttpMetrics;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.trace.RequestTraces;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;

/**
 * An HTTP server for an API that is not inference, with the keys, limits, errors and operators'
 * routes of {@link InferenceServer}. Thread-safe.
 */
public final class ApiServer implements AutoCloseable {
  private final HttpListener listener;
  private final Preparation preparation;
  private final ProcessMetrics process;

  private ApiServer(HttpListener listener, Preparation preparation, ProcessMetrics process) {
    this.listener = listener;
    this.preparation = preparation;
    this.process = process;
  }

  /**
   * Binds and serves.
   *
   * @param families the process's metrics
   * @param ready whether routes with a body are answered
   * @throws dev.tensafe.runtime.ConfigException {@code config.port}, {@code config.*}
   */
  public static ApiServer start(
      ServerConfig config,
      ApiRoutes routes,
      Families families,
      BooleanSupplier ready,
      Ticker ticker) {
    ApiKeys keys = ApiKeys.of(config.apiKeys());
    HttpListener listener = new HttpListener(config, ticker);
    try {
      Vertx vertx = listener.vertx();
      Preparation preparation =
          new Preparation(vertx, ticker, Runtime.getRuntime().availableProcessors());
      ApiServer self = new ApiServer(listener, preparation, new ProcessMetrics(families));
      Authorizer authorizer = new Authorizer(keys, name -> {});
      RouterFrame frame =
          new RouterFrame(
              vertx,
              config,
              preparation,
              authorizer,
              RequestTraces.off(),
              new HttpMetrics(families),
              accept -> Exposition.of(families.snapshots(), accept),
              ready);
      Routes book = frame.begin();
      routes.addTo(self.new Added(book, frame, authorizer));
      listener.listen(frame.end());
      return self;
    } catch (RuntimeException e) {
      listener.close();
      throw e;
    }
  }

  /** The URL that it listens on, with the port that was bound. */
  public String url() {
    return listener.url();
  }

  @Override
  public void close() {
    listener.shutdown(
        () -> {
          preparation.close();
          process.close();
        });
  }

  private final class Added implements ApiRoutes.Adder {
    private final Routes book;
    private final RouterFrame frame;
    private final Authorizer authorizer;

    Added(Routes book, RouterFrame frame, Authorizer authorizer) {
      this.book = book;
      this.frame = frame;
      this.authorizer = authorizer;
    }

    @Override
    public void get(String path, ApiKeys.Scope scope, ApiRoutes.Handler handler) {
      book.get(path).handler(authorizer.require(scope)).handler(r -> run(r, handler));
    }

    @Override
    public void open(String path, ApiRoutes.Handler handler) {
      book.get(path).handler(r -> run(r, handler));
    }

    @Override
    public void delete(String path, ApiKeys.Scope scope, ApiRoutes.Handler handler) {
      book.delete(path).handler(authorizer.require(scope)).handler(r -> run(r, handler));
    }

    @Override
    public void post(
        String path, ApiKeys.Scope scope, List<String> types, ApiRoutes.Handler handler) {
      Handler<RoutingContext> access = authorizer.require(scope);
      frame.post(path, access, types, r -> run(r, handler));
    }
  }

  private void run(RoutingContext routing, ApiRoutes.Handler handler) {
    Context context = listener.vertx().getOrCreateContext();
    Responder responder = new Responder(routing);
    preparation
        .run(routing, body -> handler.answer(call(routing, body)))
        .compose(stage -> completed(stage, context))
        .onComplete(
            done -> {
              if (done.succeeded()) {
                ApiResult result = done.result();
                responder.bytes(
                    result.status(), result.contentType(), Buffer.buffer(result.body()));
              } else {
                responder.fail(failure(done.cause()));
              }
            });
  }

  private static Future<ApiResult> completed(CompletionStage<ApiResult> stage, Context context) {
    return Future.fromCompletionStage(stage, context);
  }

  private static ApiException failure(Throwable thrown) {
    Throwable cause = thrown instanceof CompletionException ? thrown.getCause() : thrown;
    return Failures.of(cause == null ? thrown : cause);
  }

  private static ApiCall call(RoutingContext routing, byte[] body) {
    String type = routing.request().getHeader("content-type");
    Map<String, String> path = new TreeMap<>(routing.pathParams());
    return new ApiCall(
        Authorizer.tenant(routing),
        RequestIds.of(routing),
        path,
        type == null ? "" : RouterFrame.contentType(type),
        body);
  }
}
