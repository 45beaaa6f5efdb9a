package dev.tensafe.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Sends one streamed completion and notes when every piece of it arrived. Thread-safe. */
final class StreamClient {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final LoadSpec spec;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  StreamClient(LoadSpec spec) {
    this.spec = spec;
  }

  /**
   * One answer.
   *
   * @param arrivals when each piece of text came, {@link System#nanoTime}
   */
  record Outcome(
      List<Long> arrivals, long end, int promptTokens, int cachedTokens, int outputTokens) {}

  Outcome run(long seed) throws IOException, InterruptedException {
    return run(seed, 0);
  }

  /**
   * One answer.
   *
   * @param seed of the prompt, or of the conversation
   * @param turn of the conversation, from 0
   */
  Outcome run(long seed, int turn) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(spec.url().resolve("/v1/completions"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body(seed, turn)));
    if (!spec.apiKey().isEmpty()) {
      request.header("Authorization", "Bearer " + spec.apiKey());
    }
    HttpResponse<java.io.InputStream> response =
        http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      if (response.statusCode() != 200) {
        throw new IOException("status " + response.statusCode() + ": " + lines.readLine());
      }
      return read(lines);
    }
  }

  private static Outcome read(BufferedReader lines) throws IOException {
    List<Long> arrivals = new ArrayList<>();
    int promptTokens = 0;
    int cachedTokens = 0;
    int outputTokens = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (!line.startsWith("data: {")) {
        continue;
      }
      long now = System.nanoTime();
      JsonNode frame = MAPPER.readTree(line.substring(6));
      if (frame.has("error")) {
        throw new IOException(
            "the stream ended with an error: " + frame.at("/error/code").asText());
      }
      if (!frame.at("/choices/0/text").asText("").isEmpty()) {
        arrivals.add(now);
      }
      JsonNode usage = frame.path("usage");
      if (usage.isObject()) {
        promptTokens = usage.path("prompt_tokens").intValue();
        cachedTokens = usage.at("/prompt_tokens_details/cached_tokens").intValue();
        outputTokens = usage.path("completion_tokens").intValue();
      }
    }
    if (arrivals.isEmpty()) {
      throw new IOException("the stream held no text");
    }
    return new Outcome(arrivals, System.nanoTime(), promptTokens, cachedTokens, outputTokens);
  }

  private byte[] body(long seed, int turn) throws IOException {
    ObjectNode body = plainBody(seed, turn);
    if (!spec.fields().isEmpty()) {
      body.setAll(spec.fields().get((int) Math.floorMod(seed, (long) spec.fields().size())));
    }
    return MAPPER.writeValueAsBytes(body);
  }

  private ObjectNode plainBody(long seed, int turn) {
    Random common = new Random(~(spec.turns() == 1 ? spec.seed() : seed));
    Random random = new Random(seed);
    ObjectNode body = MAPPER.createObjectNode();
    int model = (int) Math.floorMod(seed, (long) spec.models().size());
    body.put("model", spec.models().get(model)).put("max_tokens", spec.outputTokens());
    body.put("temperature", 0).put("stream", true);
    body.putObject("stream_options").put("include_usage", true);
    if (!spec.prompts().isEmpty()) {
      body.set(
          "prompt", spec.prompts().get((int) Math.floorMod(seed, (long) spec.prompts().size())));
      return body;
    }
    body.put("ignore_eos", true);
    for (int i = 0; i < spec.sharedTokens(); i++) {
      body.withArray("prompt").add(common.nextInt(spec.vocabulary()));
    }
    for (int i = 0; i < (turn + 1) * spec.inputTokens(); i++) {
      body.withArray("prompt").add(random.nextInt(spec.vocabulary()));
    }
    return body;
  }
}
