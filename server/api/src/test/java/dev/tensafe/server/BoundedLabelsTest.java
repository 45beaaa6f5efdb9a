package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.server.metrics.ServerMetrics;
import java.io.BufferedInputStream;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** However many names others choose, a scrape has so many lines and not more. */
class BoundedLabelsTest {
  private static final int MANY = 100_000;

  @TempDir private static Path directory;
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    server = TestServer.start(directory);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static long lines(String scrape) {
    // a collection of garbage has lines of its own
    return scrape.lines().filter(line -> !line.startsWith("#") && !line.startsWith("jvm_")).count();
  }

  @Test
  void tenantsAdaptersAndCodesShareLabels() {
    try (ServerMetrics metrics =
        new ServerMetrics("tiny", server.engine, Optional.empty(), Clock.systemUTC())) {
      long before = lines(metrics.scrape());
      for (int i = 0; i < MANY; i++) {
        metrics.tenant("tenant-" + i);
        metrics.adapter(Optional.of("adapter-" + i));
        metrics.adapters().refused("code-" + i);
        metrics.http().answered("METHOD" + i, "none", 100 + i % 900, 1);
      }
      String after = metrics.scrape();
      // 101 of each: 5 lines a tenant, 4 an adapter, 1 a code; 6 classes of status, a histogram
      assertEquals(before + 101 * (5 + 4 + 1) + 6 + 6, lines(after));
      assertTrue(after.contains("tenant=\"tenant-99\""));
      assertTrue(after.contains("tenant=\"_other\""));
      assertTrue(after.contains("adapter=\"_other\""));
      assertTrue(after.contains("reason=\"_other\""));
      assertTrue(after.contains("method=\"other\""));
    }
  }

  @Test
  void unknownModelsPathsAndAdaptersAddNothing() throws Exception {
    namesAddNothing(MANY / 10);
  }

  @Test
  @Tag("long")
  void unknownModelsPathsAndAdaptersAddNothingHoweverMany() throws Exception {
    namesAddNothing(MANY);
  }

  /** Asks for what there is not, one name after the other over one connection. */
  private static void namesAddNothing(int names) throws Exception {
    URI uri = URI.create(server.server.url());
    try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
      InputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
      askFor(socket, in, 0, 300);
      long before = lines(server.get("/metrics").body());
      askFor(socket, in, 300, names);
      assertEquals(before, lines(server.get("/metrics").body()));
    }
  }

  private static void askFor(Socket socket, InputStream in, int from, int to) throws Exception {
    int step = 50;
    for (int first = from; first < to; first += step) {
      StringBuilder requests = new StringBuilder();
      for (int i = first; i < first + step; i++) {
        String path =
            switch (i % 3) {
              case 0 -> "/v1/models/model-" + i;
              case 1 -> "/v1/adapters/adapter-" + i;
              default -> "/path-" + i;
            };
        requests.append("GET ").append(path).append(" HTTP/1.1\r\nHost: x\r\n\r\n");
      }
      socket.getOutputStream().write(requests.toString().getBytes(StandardCharsets.US_ASCII));
      for (int i = 0; i < step; i++) {
        skipAnswer(in);
      }
    }
  }

  private static void skipAnswer(InputStream in) throws Exception {
    int length = 0;
    String line = line(in);
    assertTrue(line.startsWith("HTTP/1.1 404"), line);
    while (!line.isEmpty()) {
      line = line(in);
      if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(line.substring(15).strip());
      }
    }
    in.skipNBytes(length);
  }

  private static String line(InputStream in) throws Exception {
    StringBuilder line = new StringBuilder();
    int c = in.read();
    while (c != '\n') {
      assertTrue(c >= 0, "the connection has ended");
      if (c != '\r') {
        line.append((char) c);
      }
      c = in.read();
    }
    return line.toString();
  }
}
