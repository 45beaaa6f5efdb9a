package dev.tensafe.server.http;

import dev.tensafe.server.openai.ApiException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The console: files of this jar, the same for everybody, at {@code /} and {@code /console/…}. The
 * page may load and ask nothing but this server, and may run no script that is not a file here.
 */
final class ConsoleHandler {
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
          + " require-trusted-types-for 'script'; trusted-types 'none'";

  /** Names without a way out of the folder. */
  private static final Pattern NAME = Pattern.compile("(?:[a-z]+/)*[A-Za-z]+(?:\\.[a-z]+)*");

  private static final Pattern ENDING = Pattern.compile("\\.(\\w+)$");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml");

  /** Files that were asked for; as many as there are. */
  private final Map<String, Buffer> files = new ConcurrentHashMap<>();

  void index(RoutingContext routing) {
    answer(routing, "index.html");
  }

  void file(RoutingContext routing) {
    answer(routing, routing.pathParam("path"));
  }

  private void answer(RoutingContext routing, String name) {
    Matcher ending = ENDING.matcher(name);
    String type = ending.find() ? TYPES.get(ending.group(1)) : null;
    Optional<Buffer> found =
        type != null && NAME.matcher(name).matches() ? find(name) : Optional.empty();
    if (type == null || found.isEmpty()) {
      throw new ApiException(
          404, "not_found_error", "the console has no such file", null, "unknown_url");
    }
    Buffer content = found.get();
    HttpServerResponse response =
        routing
            .response()
            .putHeader("content-type", type)
            .putHeader("content-length", Integer.toString(content.length()))
            .putHeader("Cache-Control", "no-cache")
            .putHeader("Content-Security-Policy", POLICY)
            .putHeader("Cross-Origin-Opener-Policy", "same-origin")
            .putHeader("Cross-Origin-Resource-Policy", "same-origin")
            .putHeader("Referrer-Policy", "no-referrer")
            .putHeader("X-Content-Type-Options", "nosniff");
    response.end(content.copy());
  }

  private Optional<Buffer> find(String name) {
    Buffer known = files.get(name);
    if (known != null) {
      return Optional.of(known);
    }
    try (InputStream in = ConsoleHandler.class.getResourceAsStream("console/" + name)) {
      if (in == null) {
        return Optional.empty();
      }
      Buffer read = Buffer.buffer(in.readAllBytes());
      files.put(name, read);
      return Optional.of(read);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
