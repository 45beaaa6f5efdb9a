package dev.tensafe.server.http;

import dev.tensafe.server.openai.ApiException;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What can be known of a body before it is read, and what becomes of one that is not read. */
final class BodyChecks {
  private static final long SMALL_BYTES = 64 * 1024;
  private static final long DRAIN_MILLIS = 10_000;

  private static final String ASKED = "body-asked";

  private BodyChecks() {}

  /**
   * Refuses what this server cannot read.
   *
   * @throws ApiException 415 for a coding of the content, 417 for another expectation than {@code
   *     100-continue}
   */
  static void coding(RoutingContext routing) {
    HttpServerRequest request = routing.request();
    List<String> codings = request.headers().getAll("content-encoding");
    if (codings.stream().anyMatch(coding -> !coding.strip().equalsIgnoreCase("identity"))) {
      routing.response().putHeader("Accept-Encoding", "identity");
      throw new ApiException(
          415,
          "invalid_request_error",
          "send the body as it is, without 'Content-Encoding'",
          null,
          "unsupported_content_encoding");
    }
    List<String> expectations = request.headers().getAll("expect");
    if (!old(request) && !expectations.stream().allMatch(BodyChecks::expectsContinue)) {
      throw new ApiException(
          417,
          "invalid_request_error",
          "the only expectation that can be met is '100-continue'",
          null,
          "expectation_failed");
    }
    routing.next();
  }

  /** The declared length of a body; -1 where it comes in chunks, 0 where there is none. */
  static long length(HttpServerRequest request) {
    String length = request.getHeader("content-length");
    if (length == null) {
      return request.getHeader("transfer-encoding") == null ? 0 : -1;
    }
    return Long.parseLong(length);
  }

  /** Tells a client that waits for it that its body will be read. */
  static void ask(RoutingContext routing) {
    if (waits(routing.request())) {
      routing.response().writeContinue();
    }
    asked(routing);
  }

  /** The body will be read, and the client will be told by whoever reads it. */
  static void asked(RoutingContext routing) {
    routing.put(ASKED, true);
  }

  /** Whether the client waits to be told that its body will be read. */
  private static boolean waits(HttpServerRequest request) {
    String expectation = request.getHeader("expect");
    return expectation != null
        && !old(request)
        && expectsContinue(expectation)
        && length(request) != 0;
  }

  /**
   * Closes the connection after an answer that is given before the body was read, unless what is
   * left is short and on its way: section 10.1.1 of RFC 9110 leaves it to the client whether a body
   * that was not asked for follows.
   *
   * @return what to do once the answer is written
   */
  static Runnable leave(RoutingContext routing) {
    HttpServerRequest request = routing.request();
    HttpServerResponse response = routing.response();
    long length = request.isEnded() ? 0 : length(request);
    boolean kept =
        length >= 0 && length <= SMALL_BYTES && (routing.get(ASKED) != null || !waits(request));
    if (kept) {
      return () -> {};
    }
    close(response);
    return () -> {
      // a reset would overtake the answer, so what still comes is dropped for a while
      long timer = routing.vertx().setTimer(DRAIN_MILLIS, id -> request.connection().close());
      request.connection().closeHandler(v -> routing.vertx().cancelTimer(timer));
      if (!request.isEnded()) {
        request.handler(piece -> {});
        request.endHandler(v -> request.connection().close());
        request.resume();
      }
    };
  }

  /** Says that the connection is closed after this answer. */
  static void close(HttpServerResponse response) {
    // after the server has put its own there
    response.headersEndHandler(v -> response.headers().set("connection", "close"));
  }

  /** Whether a request is of a version without chunks and without 100. */
  static boolean old(HttpServerRequest request) {
    return request.version() == HttpVersion.HTTP_1_0;
  }

  private static boolean expectsContinue(@Nullable String expectation) {
    return expectation != null
        && expectation.strip().toLowerCase(Locale.ROOT).equals("100-continue");
  }
}
