package dev.tensafe.cli.training;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tensafe.runtime.ConfigException;
import dev.tensafe.runtime.metrics.Exposition;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** {@code /metrics} of a command that otherwise serves nothing, for whoever can reach the port. */
final class MetricsPort implements AutoCloseable {
  private final HttpServer server;

  private MetricsPort(HttpServer server) {
    this.server = server;
  }

  /**
   * Binds and serves.
   *
   * @param port 0 for any
   * @param scrape the metrics in the format that the header {@code Accept} asks for
   * @throws ConfigException {@code config.metrics-port} when the address cannot be bound
   */
  static MetricsPort open(String host, int port, Function<@Nullable String, Exposition> scrape) {
    try {
      HttpServer server = HttpServer.create(new InetSocketAddress(host, port), 0);
      server.createContext("/", exchange -> answer(exchange, scrape));
      server.start();
      return new MetricsPort(server);
    } catch (IOException | IllegalArgumentException e) {
      throw new ConfigException("config.metrics-port", "cannot listen on " + host + ":" + port, e);
    }
  }

  private static void answer(HttpExchange exchange, Function<@Nullable String, Exposition> scrape)
      throws IOException {
    try (exchange) {
      boolean head = exchange.getRequestMethod().equals("HEAD");
      if (!exchange.getRequestURI().getPath().equals("/metrics")) {
        exchange.sendResponseHeaders(404, -1);
      } else if (!head && !exchange.getRequestMethod().equals("GET")) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        exchange.sendResponseHeaders(405, -1);
      } else {
        Exposition exposition = scrape.apply(exchange.getRequestHeaders().getFirst("Accept"));
        byte[] body = exposition.text().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", exposition.contentType());
        if (head) {
          exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
          exchange.sendResponseHeaders(200, -1);
        } else {
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
        }
      }
    }
  }

  /** The port that was bound. */
  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
