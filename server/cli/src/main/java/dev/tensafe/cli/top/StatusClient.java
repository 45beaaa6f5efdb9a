package dev.tensafe.cli.top;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Reads {@code /v1/status}. For one thread. */
final class StatusClient {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final HttpClient http;
  private final URI status;
  private final @Nullable String apiKey;

  /**
   * @param base of the server, with or without {@code /v1}
   * @param apiKey null for a server that wants none
   */
  StatusClient(HttpClient.Builder http, URI base, @Nullable String apiKey) {
    this.http = http.connectTimeout(PATIENCE).build();
    String text = base.toString().replaceFirst("/+$", "").replaceFirst("/v1$", "");
    this.status = URI.create(text + "/v1/status");
    this.apiKey = apiKey;
  }

  /**
   * The status now.
   *
   * @throws TopException {@code top.unreachable}, {@code top.tls}, {@code top.api_key}, {@code
   *     top.scope}, {@code top.answer}
   */
  JsonNode read() {
    HttpRequest.Builder request = HttpRequest.newBuilder(status).timeout(PATIENCE);
    if (apiKey != null) {
      request.header("Authorization", "Bearer " + apiKey);
    }
    HttpResponse<String> answer;
    try {
      answer = http.send(request.build(), BodyHandlers.ofString());
    } catch (SSLException e) {
      throw new TopException(
          "top.tls",
          "no trusted TLS connection to "
              + status
              + "; is it https? --ca FILE names the certificates that its own leads to",
          e);
    } catch (IOException e) {
      throw new TopException(
          "top.unreachable", "no answer from " + status + "; say where it is with --url", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TopException("top.unreachable", "interrupted", e);
    }
    return switch (answer.statusCode()) {
      case 200 -> parsed(answer.body());
      case 401 ->
          throw new TopException(
              "top.api_key",
              (apiKey == null ? "the server wants an API key" : "the server refuses the API key")
                  + ": give --api-key-file FILE");
      case 403 ->
          throw new TopException("top.scope", "the API key needs the scope 'metrics' for this");
      default ->
          throw new TopException(
              "top.answer", status + " answers " + answer.statusCode() + "; is it of TenSafe?");
    };
  }

  private JsonNode parsed(String body) {
    try {
      JsonNode read = MAPPER.readTree(body);
      if (read.path("object").asText().equals("status")) {
        return read;
      }
    } catch (JsonProcessingException e) {
      // said below
    }
    throw new TopException("top.answer", status + " is no status of TenSafe");
  }
}
