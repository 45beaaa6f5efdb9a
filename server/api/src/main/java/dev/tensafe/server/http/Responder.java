package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.batching.engine.Engine;
import dev.tensafe.runtime.log.LogFields;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.JsonBody;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP response: open, then streaming or not, then done. Whatever comes after done is dropped.
 * A client that goes away, or reads so slowly that {@value #MAX_PENDING_BYTES} bytes wait, has its
 * work cancelled. Confined to the request's context.
 */
final class Responder {
  private static final Logger LOG = LoggerFactory.getLogger(Responder.class);
  static final int MAX_PENDING_BYTES = 256 * 1024;
  private static final Buffer DONE = Buffer.buffer("data: [DONE]\n\n");

  private final RoutingContext routing;
  private final HttpServerResponse response;
  private Engine.@Nullable Handle work;
  private boolean streaming;
  private boolean done;
  private Runnable atEnd = () -> {};
  private int pendingBytes;

  Responder(RoutingContext routing) {
    this.routing = routing;
    this.response = routing.response();
    response.exceptionHandler(error -> abandon());
    response.closeHandler(v -> abandon());
  }

  /** Attaches what to cancel when the client goes away. */
  void attach(Engine.Handle handle) {
    work = handle;
    if (done || response.closed()) {
      abandon();
      handle.cancel();
    }
  }

  /** Sets what runs once, when it is done or its client is gone. */
  void onEnd(Runnable end) {
    atEnd = end;
    if (done || response.closed()) {
      end.run();
    }
  }

  private void finish() {
    done = true;
    atEnd.run();
  }

  /** Of log lines about the request. */
  LogFields fields() {
    return AccessLog.of(routing);
  }

  boolean open() {
    return !done && !response.closed();
  }

  /** Answers with JSON. */
  void json(int status, JsonNode body) {
    json(status, JsonBody.bytes(body));
  }

  /** Answers with JSON that is written already. */
  void json(int status, byte[] body) {
    bytes(status, "application/json", Buffer.buffer(body));
  }

  /** Answers with a body of any type. */
  void bytes(int status, String type, Buffer bytes) {
    if (done) {
      return;
    }
    finish();
    if (response.closed()) {
      return;
    }
    response.setStatusCode(status);
    response.putHeader("content-type", type);
    // given here, as HEAD has it too
    response.putHeader("content-length", Integer.toString(bytes.length()));
    Runnable after = BodyChecks.leave(routing);
    response.end(bytes).onComplete(written -> after.run());
  }

  /** Answers with an error: as a status, or in the stream once that has begun. */
  void fail(ApiException error) {
    if (done) {
      return;
    }
    TraceHeaders.of(routing).failed(error.code());
    if (streaming) {
      Buffer frame = Buffer.buffer("data: ");
      frame.appendBytes(JsonBody.bytes(JsonBody.error(error))).appendString("\n\n");
      stream(frame);
      endStream();
    } else {
      if (error.retryable()) {
        response.putHeader("Retry-After", "1");
      }
      if (error.status() == 401) {
        response.putHeader("WWW-Authenticate", "Bearer");
      }
      json(error.status(), ErrorBodies.of(routing, error));
    }
    cancel();
  }

  /** Sends events. */
  void stream(Buffer frames) {
    if (done || response.closed()) {
      return;
    }
    if (!streaming) {
      streaming = true;
      TraceHeaders.of(routing).streaming();
      if (BodyChecks.old(routing.request())) {
        // no chunks: the end of the connection is the end of the answer
        BodyChecks.close(response);
      } else {
        response.setChunked(true);
      }
      response.putHeader("content-type", "text/event-stream; charset=utf-8");
      response.putHeader("cache-control", "no-cache");
      response.putHeader("x-accel-buffering", "no");
    }
    int size = frames.length();
    pendingBytes += size;
    response.write(frames).onComplete(written -> pendingBytes -= size);
    if (pendingBytes > MAX_PENDING_BYTES) {
      LOG.info("a client reads too slowly; its request is cancelled");
      abandon();
      response.reset();
    }
  }

  /** Ends a stream with the marker clients wait for. */
  void endStream() {
    endStream(DONE.copy());
  }

  /** Ends a stream whose last events say so, and what it was made by. */
  void failStream(Buffer last) {
    endStream(last);
    cancel();
  }

  /** Ends a stream with its last events. */
  void endStream(Buffer last) {
    if (done) {
      return;
    }
    stream(last);
    if (!done) {
      finish();
      response
          .end()
          .onComplete(
              ended -> {
                if (BodyChecks.old(routing.request())) {
                  routing.request().connection().close();
                }
              });
    }
  }

  private void abandon() {
    if (!done) {
      finish();
      cancel();
    }
  }

  private void cancel() {
    Engine.Handle handle = work;
    if (handle != null) {
      work = null;
      handle.cancel();
    }
  }
}
