package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.tensafe.tracing.Tracing;
import dev.tensafe.tracing.otel.OtelSetup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests whose spans no collector takes: they are answered, and somebody says what was lost. */
class CollectorDownTest {
  private static final int REQUESTS = 200;
  private static final String LOSSES = "dev.tensafe.tracing.otel.SpanLosses";

  @TempDir Path dir;

  /** Every request is traced, with a queue that a few of them fill. */
  private static Tracing tracing(String endpoint) {
    return OtelSetup.of(
        Map.of(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            endpoint,
            "OTEL_EXPORTER_OTLP_TIMEOUT",
            "1000",
            "OTEL_BSP_SCHEDULE_DELAY",
            "20",
            "OTEL_BSP_MAX_QUEUE_SIZE",
            "64",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
            "32"),
        "tensafe",
        "test",
        Clock.systemUTC());
  }

  private static void load(TestServer server) throws Exception {
    String body =
        "{\"model\":\"tiny\",\"prompt\":\"a\",\"max_tokens\":4,\"ignore_eos\":true,\"stream\":true}";
    ExecutorService clients = Executors.newFixedThreadPool(8);
    try {
      List<Future<HttpResponse<String>>> all = new ArrayList<>();
      for (int i = 0; i < REQUESTS; i++) {
        all.add(clients.submit(() -> server.post("/v1/completions", body)));
      }
      for (Future<HttpResponse<String>> one : all) {
        assertEquals(200, one.get().statusCode());
        assertTrue(one.get().body().contains("[DONE]"), one.get().body());
        assertTrue(one.get().headers().firstValue("traceparent").isPresent());
      }
    } finally {
      clients.shutdownNow();
    }
  }

  /** A request that waited for its spans' export would not end: the collector holds them all. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void requestsDoNotWaitForIt(boolean dead) throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    HttpServer collector =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    String endpoint = "http://127.0.0.1:" + collector.getAddress().getPort();
    ExecutorService threads = Executors.newCachedThreadPool();
    collector.setExecutor(threads);
    collector.createContext(
        "/",
        exchange -> {
          try (exchange) {
            over.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    if (dead) {
      collector.stop(0);
    } else {
      collector.start();
    }
    try (LogRecorder log = new LogRecorder(LOSSES)) {
      try (TestServer server = TestServer.traced(TestServer.model(dir), tracing(endpoint))) {
        load(server);
        TestServer.await("a line", () -> !log.lines().isEmpty());
      }
      List<String> lines = List.copyOf(log.lines());
      assertEquals(2, lines.size(), lines.toString());
      assertEquals("the collector takes no spans; they are dropped until it does", lines.get(0));
      String[] numbers = lines.get(1).replaceAll("[^0-9 ]", "").strip().split(" +");
      assertTrue(lines.get(1).contains("spans were dropped"), lines.get(1));
      long lost = Long.parseLong(numbers[0]);
      assertEquals(lost, Long.parseLong(numbers[1]), "nothing was taken");
      // a request, its tokens, queue, prompt, output and stream
      assertTrue(lost >= 6 * REQUESTS, lost + " lost");
    } finally {
      over.countDown();
      if (!dead) {
        collector.stop(0);
      }
      threads.shutdownNow();
    }
  }
}
