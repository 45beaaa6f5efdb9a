package dev.tensafe.server.http;

import dev.tensafe.server.config.ServerConfig;
import dev.tensafe.server.openai.ApiException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.AsyncFile;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.http.HttpServerFileUpload;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.streams.ReadStream;
import io.vertx.ext.web.RoutingContext;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One package on its way from the socket to a file, at the pace of the slower of the two. Ends with
 * the whole body, or with an error: too long, too slow, broken off. Confined to the request's
 * context.
 */
final class AdapterUpload {
  private static final long CHECK_MILLIS = 1000;
  private static final Pattern BOUNDARY =
      Pattern.compile("(?i);\\s*boundary=(?:\"[^\"]{1,70}\"|[^\\s;\"]{1,70})");

  private final Vertx vertx;
  private final RoutingContext routing;
  private final HttpServerRequest request;
  private final Path target;
  private final long maxBytes;
  private final int stallSeconds;
  private final Promise<Void> received = Promise.promise();
  private long bytes;
  private long bytesAtCheck;
  private int quietChecks;
  private int unreported;
  private boolean complete;
  private boolean ended;
  private boolean opening;
  private @Nullable Throwable failure;
  private @Nullable AsyncFile file;
  private @Nullable ReadStream<Buffer> source;

  AdapterUpload(Vertx vertx, RoutingContext routing, Path target, ServerConfig config) {
    this.vertx = vertx;
    this.routing = routing;
    this.request = routing.request();
    this.target = target;
    this.maxBytes = config.maxAdapterBytes();
    this.stallSeconds = config.bodyTimeoutSeconds();
  }

  /**
   * Whether a content type is a form; otherwise the body is the package.
   *
   * @throws ApiException 415 for anything else
   */
  static boolean isMultipart(@Nullable String contentType) {
    String type =
        contentType == null ? "" : contentType.toLowerCase(Locale.ROOT).split(";", 2)[0].strip();
    return switch (type) {
      case "multipart/form-data" -> {
        if (!BOUNDARY.matcher(String.valueOf(contentType)).find()) {
          throw ApiException.invalid(
              null, "multipart_boundary_missing", "'multipart/form-data' needs a boundary");
        }
        yield true;
      }
      case "", "application/vnd.tensafe.tssp", "application/octet-stream" -> false;
      default ->
          throw new ApiException(
              415,
              "invalid_request_error",
              "send a package as 'application/vnd.tensafe.tssp' or 'multipart/form-data', not '"
                  + type
                  + "'",
              null,
              "unsupported_media_type");
    };
  }

  /** Completes when the whole package is in the file. */
  Future<Void> receive(boolean multipart) {
    // a form's envelope is small
    if (BodyChecks.length(request) > (multipart ? maxBytes + 65_536 : maxBytes)) {
      fail(tooLarge());
      return received.future();
    }
    opening = true;
    request.pause();
    request.exceptionHandler(e -> fail(brokenOff()));
    long timer = vertx.setPeriodic(CHECK_MILLIS, id -> checkProgress());
    vertx
        .fileSystem()
        .open(target.toString(), new OpenOptions().setCreateNew(true).setWrite(true))
        .onComplete(
            opened -> {
              opening = false;
              file = opened;
              if (ended) {
                failed();
                return;
              }
              BodyChecks.ask(routing);
              if (multipart) {
                receiveForm();
              } else {
                request.endHandler(v -> finish());
                copy(request);
                request.resume();
              }
            },
            e -> {
              opening = false;
              if (ended) {
                failed();
              } else {
                fail(e);
              }
            });
    return received.future().onComplete(v -> vertx.cancelTimer(timer));
  }

  private void receiveForm() {
    request.setExpectMultipart(true);
    request.uploadHandler(this::receiveFile);
    request.endHandler(
        v -> {
          if (source == null) {
            fail(
                ApiException.invalid(
                    null, "adapter_missing", "the form holds no file; send the package as one"));
          } else {
            finish();
          }
        });
    request.resume();
  }

  private void receiveFile(HttpServerFileUpload part) {
    if (source != null) {
      fail(ApiException.invalid(null, "adapter_ambiguous", "the form holds more than one file"));
      return;
    }
    copy(part);
  }

  private void copy(ReadStream<Buffer> from) {
    source = from;
    from.exceptionHandler(e -> fail(brokenOff()));
    from.handler(this::write);
  }

  private void write(Buffer piece) {
    AsyncFile out = file;
    ReadStream<Buffer> from = source;
    if (ended || out == null || from == null) {
      return;
    }
    bytes += piece.length();
    if (bytes > maxBytes) {
      fail(tooLarge());
      return;
    }
    unreported++;
    out.write(piece)
        .onComplete(
            written -> {
              unreported--;
              closeWhenWritten();
            },
            this::fail);
    if (out.writeQueueFull()) {
      from.pause();
      out.drainHandler(v -> from.resume());
    }
  }

  private void finish() {
    complete = true;
    closeWhenWritten();
  }

  /** Ends well once the whole body came and every write has reported that it went well. */
  private void closeWhenWritten() {
    AsyncFile out = file;
    if (complete && unreported == 0 && !ended && out != null) {
      ended = true;
      out.close().onComplete(received);
    }
  }

  private void checkProgress() {
    if (complete) {
      return;
    }
    quietChecks = bytes == bytesAtCheck ? quietChecks + 1 : 0;
    bytesAtCheck = bytes;
    if (quietChecks >= stallSeconds) {
      fail(
          new ApiException(
              408,
              "invalid_request_error",
              "nothing of the upload came for " + stallSeconds + " s",
              null,
              "upload_stalled"));
    }
  }

  private void fail(Throwable error) {
    if (ended) {
      return;
    }
    ended = true;
    failure = error;
    if (!opening) {
      failed();
    }
  }

  /** Says so once the file is closed: whoever hears of it deletes the file. */
  private void failed() {
    AsyncFile out = file;
    Throwable error = failure == null ? brokenOff() : failure;
    if (out == null) {
      received.fail(error);
    } else {
      out.close().onComplete(v -> received.fail(error));
    }
  }

  private ApiException tooLarge() {
    return new ApiException(
        413,
        "invalid_request_error",
        "the package is larger than " + maxBytes + " bytes",
        null,
        "adapter_file_too_large");
  }

  private static ApiException brokenOff() {
    return ApiException.invalid(null, "upload_incomplete", "the upload broke off");
  }
}
