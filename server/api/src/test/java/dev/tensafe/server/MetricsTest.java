package dev.tensafe.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a scrape says of requests that were served, in both formats. */
class MetricsTest {
  private static final String LABELS = "{engine=\"0\",model_name=\"tiny\"}";

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

  private static String ask(String more) throws Exception {
    HttpResponse<String> answer =
        server.post(
            "/v1/chat/completions",
            ("{'model':'tiny','messages':[{'role':'user','content':'hello'}],'ignore_eos':true"
                    + more
                    + "}")
                .replace('\'', '"'));
    assertEquals(200, answer.statusCode(), answer.body());
    server.awaitIdle();
    return answer.body();
  }

  private static double value(String text, String metric) {
    Matcher matcher = Pattern.compile("(?m)^" + Pattern.quote(metric) + " (\\S+)$").matcher(text);
    return matcher.find() ? Double.parseDouble(matcher.group(1)) : 0;
  }

  private static void grew(String before, String after, double by, String metric) {
    assertEquals(by, value(after, metric) - value(before, metric), 1e-9, metric + " in\n" + after);
  }

  @Test
  void requestsAreObservedAsInVllm() throws Exception {
    String before = server.get("/metrics").body();
    ask(",'max_tokens':7,'n':3");
    ask(",'max_tokens':2");
    String after = server.get("/metrics").body();
    grew(before, after, 4, "vllm:request_prompt_tokens_count" + LABELS);
    grew(before, after, 4, "vllm:request_generation_tokens_count" + LABELS);
    grew(before, after, 23, "vllm:request_generation_tokens_sum" + LABELS);
    grew(before, after, 23, "vllm:request_params_max_tokens_sum" + LABELS);
    grew(before, after, 2, "vllm:request_params_n_count" + LABELS);
    grew(before, after, 4, "vllm:request_params_n_sum" + LABELS);
    grew(before, after, 2, "vllm:request_max_num_generation_tokens_count" + LABELS);
    grew(before, after, 9, "vllm:request_max_num_generation_tokens_sum" + LABELS);
    grew(before, after, 4, "vllm:request_inference_time_seconds_count" + LABELS);
    grew(before, after, 4, "vllm:request_time_per_output_token_seconds_count" + LABELS);
    grew(before, after, 19, "vllm:inter_token_latency_seconds_count" + LABELS);
    grew(before, after, 19, "vllm:time_per_output_token_seconds_count" + LABELS);
    assertEquals(
        value(after, "vllm:inter_token_latency_seconds_sum" + LABELS),
        value(after, "vllm:time_per_output_token_seconds_sum" + LABELS));
    double prompts =
        value(after, "vllm:prompt_tokens_total" + LABELS)
            - value(before, "vllm:prompt_tokens_total" + LABELS);
    String source = "vllm:prompt_tokens_by_source_total{engine=\"0\",model_name=\"tiny\",source=\"";
    double computed =
        value(after, source + "local_compute\"}") - value(before, source + "local_compute\"}");
    double cached =
        value(after, source + "local_cache_hit\"}") - value(before, source + "local_cache_hit\"}");
    assertEquals(prompts, computed + cached);
    double tokens =
        value(after, "vllm:iteration_tokens_total_sum" + LABELS)
            - value(before, "vllm:iteration_tokens_total_sum" + LABELS);
    // every token but an output's last is read once
    assertEquals(computed + 23 - 4, tokens);
  }

  @Test
  void bucketsAreThoseOfVllm() throws Exception {
    String text = server.get("/metrics").body();
    for (String bucket :
        List.of(
            "vllm:iteration_tokens_total_bucket{engine=\"0\",model_name=\"tiny\",le=\"16384.0\"}",
            "vllm:request_params_n_bucket{engine=\"0\",model_name=\"tiny\",le=\"20.0\"}",
            "vllm:request_prompt_tokens_bucket{engine=\"0\",model_name=\"tiny\",le=\"2000.0\"}",
            "vllm:time_to_first_token_seconds_bucket{engine=\"0\",model_name=\"tiny\",le=\"2560.0\"}",
            "vllm:request_inference_time_seconds_bucket{engine=\"0\",model_name=\"tiny\",le=\"0.3\"}",
            "vllm:time_per_output_token_seconds_bucket{engine=\"0\",model_name=\"tiny\",le=\"0.025\"}")) {
      assertTrue(text.contains("\n" + bucket), bucket + " is not in\n" + text);
    }
    assertFalse(
        text.contains(
            "vllm:request_prompt_tokens_bucket{engine=\"0\",model_name=\"tiny\",le=\"5000.0\"}"),
        "longer than any sequence");
  }

  @Test
  void theStateIsThatOfTheEngine() throws Exception {
    String text = server.get("/metrics").body();
    int blocks = server.engine.status().totalBlocks();
    for (String line :
        List.of(
            "vllm:cache_config_info{block_size=\"16\",cache_dtype=\"auto\","
                + "enable_prefix_caching=\"True\",engine=\"0\",num_gpu_blocks=\""
                + blocks
                + "\"} 1.0",
            "vllm:engine_sleep_state{engine=\"0\",model_name=\"tiny\",sleep_state=\"awake\"} 1.0",
            "vllm:num_requests_waiting_by_reason"
                + "{engine=\"0\",model_name=\"tiny\",reason=\"capacity\"} 0.0",
            "vllm:kv_cache_usage_perc" + LABELS,
            "vllm:gpu_cache_usage_perc" + LABELS,
            "vllm:lora_requests_info{max_lora=\"64\",running_lora_adapters=\"\","
                + "waiting_lora_adapters=\"\"}",
            "process_resident_memory_bytes ",
            "jvm_memory_used_bytes{")) {
      assertTrue(text.contains("\n" + line), line + " is not in\n" + text);
    }
  }

  @Test
  void requestsAreCountedByRouteAndStatus() throws Exception {
    String before = server.get("/metrics").body();
    server.get("/v1/models/a/b/c");
    server.get("/v1/models/tiny");
    server.get("/no/such/path");
    server.get("/health");
    malformed();
    String after = server.get("/metrics").body();
    String of = "http_requests_total{handler=\"";
    grew(before, after, 1, of + "/v1/models/{id}\",method=\"GET\",status=\"4xx\"}");
    grew(before, after, 1, of + "/v1/models/{id}\",method=\"GET\",status=\"2xx\"}");
    grew(before, after, 2, of + "none\",method=\"GET\",status=\"4xx\"}");
    assertTrue(
        after.contains("http_request_duration_seconds_bucket{handler=\"/v1/models/{id}\""), after);
    assertFalse(after.contains("handler=\"/health\""), after);
    assertFalse(after.contains("handler=\"/metrics\""), after);
  }

  /** A path that no client of Java's would send. */
  private static void malformed() throws Exception {
    URI uri = URI.create(server.server.url());
    try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
      socket
          .getOutputStream()
          .write("GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".getBytes(US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), US_ASCII);
      assertTrue(answer.startsWith("HTTP/1.1 400"), answer);
    }
  }

  @Test
  void openMetricsIsSpokenToWhoeverAsksForIt() throws Exception {
    ask(",'max_tokens':2");
    HttpResponse<String> open =
        server.get("/metrics", "Accept", "application/openmetrics-text; version=1.0.0,*/*;q=0.1");
    assertEquals(
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        open.headers().firstValue("content-type").orElseThrow());
    assertTrue(open.body().endsWith("# EOF\n"), open.body());
    assertTrue(open.body().contains("# TYPE vllm:prompt_tokens counter\n"), open.body());
    HttpResponse<String> plain = server.get("/metrics");
    assertEquals(
        "text/plain; version=0.0.4; charset=utf-8",
        plain.headers().firstValue("content-type").orElseThrow());
    assertTrue(plain.body().contains("# TYPE vllm:prompt_tokens_total counter\n"), plain.body());
  }
}
