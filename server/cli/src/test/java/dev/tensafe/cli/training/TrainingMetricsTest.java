package dev.tensafe.cli.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.runtime.ConfigException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrainingMetricsTest {
  private static HttpResponse<String> send(
      MetricsPort port, String method, String path, String accept) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port.port() + path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .header("Accept", accept)
            .build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aRunIsSeenWhileItGoesOn() throws Exception {
    try (TrainingMetrics metrics = new TrainingMetrics();
        MetricsPort port = MetricsPort.open("127.0.0.1", 0, metrics::scrape)) {
      String before = send(port, "GET", "/metrics", "*/*").body();
      assertTrue(before.contains("\ntensafe_train_loss NaN\n"), before);
      metrics.started(5, 80, 1234, 40, 10);
      metrics.step(6, 2.5, 0.01, 1.25, 100, 0);
      metrics.step(7, 2.25, 0.02, 1.5, 60, 2);
      metrics.validated(7, 3.5);
      metrics.saved(7);
      HttpResponse<String> answer = send(port, "GET", "/metrics", "*/*");
      assertEquals(
          "text/plain; version=0.0.4; charset=utf-8",
          answer.headers().firstValue("content-type").orElseThrow());
      for (String line :
          List.of(
              "tensafe_train_step 7.0",
              "tensafe_train_steps 80.0",
              "tensafe_train_loss 2.25",
              "tensafe_train_validation_loss 3.5",
              "tensafe_train_learning_rate 0.02",
              "tensafe_train_gradient_norm 1.5",
              "tensafe_train_tokens_total 160.0",
              "tensafe_train_skipped_batches 2.0",
              "tensafe_train_saved_step 7.0",
              "tensafe_train_parameters 1234.0",
              "tensafe_train_examples{set=\"train\"} 40.0",
              "tensafe_train_examples{set=\"held_out\"} 10.0")) {
        assertTrue(
            answer.body().contains("\n" + line + "\n"), line + " is not in " + answer.body());
      }
      HttpResponse<String> open =
          send(port, "GET", "/metrics", "application/openmetrics-text;version=1.0.0");
      assertTrue(open.body().endsWith("# EOF\n"), open.body());
    }
  }

  @Test
  void nothingElseIsServed() throws Exception {
    try (TrainingMetrics metrics = new TrainingMetrics();
        MetricsPort port = MetricsPort.open("127.0.0.1", 0, metrics::scrape)) {
      assertEquals(404, send(port, "GET", "/", "*/*").statusCode());
      assertEquals(404, send(port, "GET", "/metrics/more", "*/*").statusCode());
      HttpResponse<String> post = send(port, "POST", "/metrics", "*/*");
      assertEquals(405, post.statusCode());
      assertEquals("GET, HEAD", post.headers().firstValue("allow").orElseThrow());
      HttpResponse<String> head = send(port, "HEAD", "/metrics", "*/*");
      assertEquals(200, head.statusCode());
      assertEquals("", head.body());
      assertFalse(head.headers().firstValue("content-type").isEmpty());
      ConfigException taken =
          assertThrows(
              ConfigException.class,
              () -> MetricsPort.open("127.0.0.1", port.port(), metrics::scrape));
      assertEquals("config.metrics-port", taken.code());
    }
  }
}
