package dev.tensafe.server.http;

import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.nativelib.LowPriority;
import dev.tensafe.runtime.log.LogFields;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * All that is done with a body before the engine: reading JSON, rendering templates, finding
 * tokens. No tenant gets all of the threads for it, and bodies beyond {@value #LARGE_BYTES} bytes
 * neither keep the threads that small ones need nor, where cores are scarce, the engine's share of
 * them; forms of outputs are compiled apart from both. Of a large body nothing is read before its
 * tenant's turn. Thread-safe.
 */
final class Preparation implements AutoCloseable {
  private static final long LARGE_BYTES = 16 * 1024;

  /** Large bodies of a tenant that are read or prepared, per thread for them. */
  private static final int MOST_LARGE_OF_TENANT = 4;

  /**
   * How long a large body keeps its place after it was prepared, in times of that: with four places
   * a tenant's large bodies take a tenth of a thread. The engine could not compute more of them.
   */
  private static final long PAUSE = 40;

  private static final long MOST_PAUSE_MILLIS = 10_000;
  private static final long MOST_UNREAD_BYTES = 32L << 20;
  private static final long MOST_WAITING_BYTES = 16L << 20;

  /** What a waiting request takes beside its body, about. */
  private static final long OWN_BYTES = 4096;

  private static final String TURN = "large-body";
  private static final String PREPARED = "large-body-prepared";

  private final Vertx vertx;
  private final Ticker ticker;
  private final TenantTurns reading;
  private final Lane small;
  private final Lane large;
  private final Lane forms;

  private record Lane(TenantTurns turns, ExecutorService threads) {}

  Preparation(Vertx vertx, Ticker ticker, int cores) {
    this.vertx = vertx;
    this.ticker = ticker;
    int threads = Math.max(1, cores / 4);
    this.reading =
        new TenantTurns(Integer.MAX_VALUE, threads * MOST_LARGE_OF_TENANT, MOST_UNREAD_BYTES);
    this.small = lane(2 * threads, named("prepare", () -> {}));
    this.large = lane(threads, named("prepare-large", LowPriority::apply));
    this.forms = lane(threads, named("compile-forms", LowPriority::apply));
  }

  private static Lane lane(int threads, ThreadFactory factory) {
    return new Lane(
        new TenantTurns(threads, Math.max(1, threads / 2), MOST_WAITING_BYTES),
        new ThreadPoolExecutor(
            threads,
            threads,
            0,
            TimeUnit.MILLISECONDS,
            new LinkedBlockingQueue<>(),
            factory,
            // what comes after the end goes the way of what waits then
            new ThreadPoolExecutor.DiscardPolicy()));
  }

  private static ThreadFactory named(String name, Runnable first) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Runnable all =
          () -> {
            first.run();
            task.run();
          };
      Thread thread = new Thread(all, name + "-" + count.getAndIncrement());
      thread.setDaemon(true);
      return thread;
    };
  }

  /**
   * Lets a request pass on to what reads its body, a large one when it is its tenant's turn.
   *
   * @param bytes the body's length, or the most that it may have
   * @throws dev.tensafe.server.openai.ApiException 429 {@code tenant_queue_full}
   */
  void admit(RoutingContext routing, long bytes) {
    if (bytes <= LARGE_BYTES) {
      routing.next();
      return;
    }
    HttpServerRequest request = routing.request();
    Context context = vertx.getOrCreateContext();
    TenantTurns.Turn taken =
        reading.take(
            Authorizer.tenant(routing),
            bytes,
            turn -> context.runOnContext(v -> begin(routing, turn)));
    request.pause();
    routing.put(TURN, taken);
    routing.addEndHandler(
        v -> {
          if (routing.get(PREPARED) == null) {
            taken.end();
          }
        });
  }

  private static void begin(RoutingContext routing, TenantTurns.Turn turn) {
    if (routing.response().closed() || routing.response().ended()) {
      turn.end();
      return;
    }
    routing.next();
    routing.request().resume();
  }

  /** Something made of a body. */
  @FunctionalInterface
  interface Work<T> {
    T of(byte[] body) throws Exception;
  }

  /**
   * Does the work when it is the tenant's turn.
   *
   * @return completes on the request's context
   * @throws dev.tensafe.server.openai.ApiException 429 {@code tenant_queue_full}
   */
  <T> Future<T> run(RoutingContext routing, Work<T> work) {
    int bytes = Math.max(0, routing.body().length());
    Lane lane = bytes > LARGE_BYTES ? large : small;
    TenantTurns.@Nullable Turn read = routing.get(TURN);
    CompletableFuture<T> result = new CompletableFuture<>();
    lane.turns.take(
        Authorizer.tenant(routing),
        bytes + OWN_BYTES,
        turn ->
            lane.threads.execute(
                () -> {
                  long start = ticker.nanos();
                  try (LogFields.Entered entered = AccessLog.of(routing).enter()) {
                    result.complete(work.of(RouterFrame.bodyOf(routing)));
                  } catch (Throwable e) {
                    result.completeExceptionally(e);
                  } finally {
                    turn.end();
                    if (read != null) {
                      pause(read, ticker.nanos() - start);
                    }
                  }
                }));
    routing.put(PREPARED, true);
    return Future.fromCompletionStage(result, vertx.getOrCreateContext());
  }

  /**
   * Compiles the form of a request's outputs when it is the tenant's turn, on threads that do
   * nothing else and give way to others.
   *
   * @return completes on the request's context
   * @throws dev.tensafe.server.openai.ApiException 429 {@code tenant_queue_full}
   */
  <T> Future<T> compile(RoutingContext routing, Callable<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    forms.turns.take(
        Authorizer.tenant(routing),
        Math.max(0, routing.body().length()) + OWN_BYTES,
        turn ->
            forms.threads.execute(
                () -> {
                  try (LogFields.Entered entered = AccessLog.of(routing).enter()) {
                    result.complete(work.call());
                  } catch (Throwable e) {
                    result.completeExceptionally(e);
                  } finally {
                    turn.end();
                  }
                }));
    return Future.fromCompletionStage(result, vertx.getOrCreateContext());
  }

  /** Ends the turn of a body that took so long. */
  private void pause(TenantTurns.Turn read, long nanos) {
    long millis = Math.min(MOST_PAUSE_MILLIS, PAUSE * nanos / 1_000_000);
    vertx.setTimer(1 + millis, id -> read.end());
  }

  @Override
  public void close() {
    small.threads.shutdownNow();
    large.threads.shutdownNow();
    forms.threads.shutdownNow();
  }
}
