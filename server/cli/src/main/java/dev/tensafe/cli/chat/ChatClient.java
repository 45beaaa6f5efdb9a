package dev.tensafe.cli.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.NearestName;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A client of the OpenAI API: names of models, and one streamed answer at a time. {@link #stop} may
 * be called from any thread, everything else from one.
 */
final class ChatClient {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Duration CONNECT = Duration.ofSeconds(10);

  private final HttpClient http;
  private final URI base;
  private final @Nullable String apiKey;
  private final Object lock = new Object();
  private @Nullable CompletableFuture<HttpResponse<InputStream>> asked;
  private @Nullable InputStream answering;
  private boolean stopped;

  /**
   * @param base of the server, with or without {@code /v1}
   * @param apiKey null for a server that wants none
   */
  ChatClient(HttpClient.Builder http, URI base, @Nullable String apiKey) {
    this.http = http.connectTimeout(CONNECT).build();
    String text = base.toString().replaceFirst("/+$", "").replaceFirst("/v1$", "");
    this.base = URI.create(text + "/v1/");
    this.apiKey = apiKey;
  }

  /**
   * The models that may be asked, the base model first.
   *
   * @throws ChatException {@code chat.unreachable}, {@code chat.tls}, {@code chat.api_key}, {@code
   *     chat.refused}, {@code chat.answer}
   */
  List<String> models() {
    List<String> names = new ArrayList<>();
    try (InputStream in = send(request("models").GET().build())) {
      for (JsonNode model : MAPPER.readTree(in).path("data")) {
        names.add(model.path("id").asText());
      }
    } catch (IOException e) {
      throw new ChatException("chat.answer", base + " does not speak the OpenAI API", e);
    } finally {
      ended();
    }
    if (names.isEmpty()) {
      throw new ChatException("chat.answer", base + "models names no model");
    }
    return names;
  }

  /** The error for a model that the server does not have. */
  static ChatException unknownModel(String name, List<String> known) {
    return new ChatException(
        "chat.model",
        "the server has no model "
            + NearestName.hint(name, known)
            + "; it has "
            + String.join(", ", known));
  }

  /**
   * Asks for an answer and hands it on as it comes.
   *
   * @param body of a chat completion, without {@code stream}
   * @return why it ended: {@code stop}, {@code length}, or {@code stopped} after {@link #stop}
   * @throws ChatException as {@link #models}, and when the answer breaks off
   */
  String answer(ObjectNode body, Consumer<String> piece) {
    synchronized (lock) {
      stopped = false;
    }
    HttpRequest request =
        request("chat/completions")
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.put("stream", true).toString()))
            .build();
    try (InputStream in = send(request)) {
      synchronized (lock) {
        answering = in;
      }
      return read(new BufferedReader(new InputStreamReader(in, UTF_8)), piece);
    } catch (IOException | CancellationException | ChatException e) {
      if (isStopped()) {
        return "stopped";
      }
      throw e instanceof ChatException known
          ? known
          : new ChatException("chat.answer", "the answer broke off", e);
    } finally {
      ended();
    }
  }

  private void ended() {
    synchronized (lock) {
      answering = null;
      asked = null;
    }
  }

  private String read(BufferedReader lines, Consumer<String> piece) throws IOException {
    String reason = "";
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.equals("data: [DONE]")) {
        return reason;
      }
      if (line.startsWith("data: ")) {
        JsonNode frame = MAPPER.readTree(line.substring("data: ".length()));
        if (frame.has("error")) {
          throw refused(0, frame);
        }
        JsonNode choice = frame.path("choices").path(0);
        String text = choice.path("delta").path("content").asText("");
        if (!text.isEmpty()) {
          piece.accept(text);
        }
        reason = choice.path("finish_reason").asText(reason);
      }
    }
    if (isStopped()) {
      return "stopped";
    }
    throw new ChatException("chat.answer", "the answer broke off");
  }

  /** Ends the answer that is coming; false if there is none. */
  boolean stop() {
    InputStream in;
    synchronized (lock) {
      if (asked == null || stopped) {
        return false;
      }
      stopped = true;
      asked.cancel(true);
      in = answering;
    }
    if (in != null) {
      try {
        in.close();
      } catch (IOException e) {
        // it has ended by itself
      }
    }
    return true;
  }

  private boolean isStopped() {
    synchronized (lock) {
      return stopped;
    }
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path));
    if (apiKey != null) {
      request.header("Authorization", "Bearer " + apiKey);
    }
    return request;
  }

  private InputStream send(HttpRequest request) {
    CompletableFuture<HttpResponse<InputStream>> future =
        http.sendAsync(request, BodyHandlers.ofInputStream());
    synchronized (lock) {
      asked = future;
    }
    HttpResponse<InputStream> response;
    try {
      response = future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ChatException("chat.answer", "interrupted", e);
    } catch (ExecutionException e) {
      throw unreachable(e.getCause() == null ? e : e.getCause());
    }
    if (response.statusCode() == 200) {
      return response.body();
    }
    try (InputStream in = response.body()) {
      throw refused(response.statusCode(), MAPPER.readTree(in));
    } catch (JsonProcessingException e) {
      throw new ChatException(
          "chat.answer",
          base + " answers " + response.statusCode() + " and is no server of the OpenAI API",
          e);
    } catch (IOException e) {
      throw new ChatException("chat.answer", "the answer broke off", e);
    }
  }

  private ChatException unreachable(Throwable cause) {
    if (cause instanceof SSLException) {
      return new ChatException(
          "chat.tls",
          "no trusted TLS connection to "
              + base
              + "; is it https? --ca FILE names the certificates that its own leads to",
          cause);
    }
    boolean absent = cause instanceof ConnectException;
    return new ChatException(
        "chat.unreachable",
        (absent ? "there is no server at " : "no answer from ")
            + base
            + "; start one with tensafe serve, or say where it is with --url",
        cause);
  }

  private ChatException refused(int status, JsonNode answer) {
    if (status == 401 || status == 403) {
      return new ChatException(
          "chat.api_key",
          (apiKey == null ? "the server wants an API key" : "the server refuses the API key")
              + ": give --api-key-file FILE");
    }
    JsonNode error = answer.path("error");
    return new ChatException(
        "chat.refused",
        "the server refuses: "
            + error.path("message").asText("status " + status)
            + (error.hasNonNull("code") ? " (" + error.path("code").asText() + ")" : ""));
  }
}
