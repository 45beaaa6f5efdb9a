package dev.tensafe.server.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.jspecify.annotations.Nullable;

/** A caller of the training service, as its public protocol has it, in JSON. */
final class TrainCalls {
  static final ObjectMapper MAPPER = new ObjectMapper();

  private final HttpClient http = HttpClient.newHttpClient();
  private final String url;
  private final @Nullable String key;

  TrainCalls(String url, @Nullable String key) {
    this.url = url;
    this.key = key;
  }

  /** A status and what came with it. */
  record Answer(int status, JsonNode body) {
    String code() {
      return body.path("error").path("code").asText();
    }
  }

  static ObjectNode json(String text) {
    try {
      return (ObjectNode) MAPPER.readTree(text.replace('\'', '"'));
    } catch (IOException e) {
      throw new IllegalArgumentException(e);
    }
  }

  Answer post(String path, JsonNode body) {
    return send(path, "application/json", body.toString().getBytes(UTF_8));
  }

  Answer send(String path, String type, byte[] body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + "/api/v1/" + path))
            .header("content-type", type)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    return run(request);
  }

  Answer get(String path) {
    return run(HttpRequest.newBuilder(URI.create(url + path)).GET());
  }

  Answer delete(String path) {
    return run(HttpRequest.newBuilder(URI.create(url + path)).DELETE());
  }

  byte[] bytes(String path) throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path)).GET();
    if (key != null) {
      request.header("X-API-Key", key);
    }
    HttpResponse<byte[]> answer =
        http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    if (answer.statusCode() != 200) {
      throw new AssertionError(answer.statusCode() + " " + new String(answer.body(), UTF_8));
    }
    return answer.body();
  }

  private Answer run(HttpRequest.Builder request) {
    if (key != null) {
      request.header("X-API-Key", key);
    }
    try {
      HttpResponse<byte[]> answer =
          http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      JsonNode body;
      try {
        body = MAPPER.readTree(answer.body());
      } catch (IOException e) {
        body = MAPPER.getNodeFactory().textNode(new String(answer.body(), UTF_8));
      }
      return new Answer(answer.statusCode(), body);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Posts, and expects 200. */
  JsonNode ok(String path, JsonNode body) {
    Answer answer = post(path, body);
    if (answer.status() != 200) {
      throw new AssertionError(path + ": " + answer.status() + " " + answer.body());
    }
    return answer.body();
  }

  /** What became of a call, however long that takes. */
  JsonNode result(String request) {
    while (true) {
      JsonNode answer = ok("retrieve_future", json("{}").put("request_id", request));
      if (!answer.path("type").asText().equals("try_again")) {
        return answer;
      }
    }
  }

  /** Posts, waits, and expects no error. */
  JsonNode done(String path, JsonNode body) {
    JsonNode result = result(ok(path, body).path("request_id").asText());
    if (result.has("error")) {
      throw new AssertionError(path + ": " + result);
    }
    return result;
  }

  String session() {
    return ok("create_session", json("{}")).path("session_id").asText();
  }

  /** Makes a model and waits for it. */
  String model(String session, int number, ObjectNode more) {
    ObjectNode body = json("{'base_model': 'tiny', 'type': 'create_model'}");
    body.put("session_id", session).put("model_seq_id", number);
    body.setAll(more);
    return done("create_model", body).path("model_id").asText();
  }

  /** A pass over texts, as tokens that predict the next one. */
  static ObjectNode pass(String model, int sequence, int[]... texts) {
    ObjectNode body = json("{}").put("model_id", model).put("seq_id", sequence);
    ObjectNode input = body.putObject("forward_backward_input");
    input.put("loss_fn", "cross_entropy");
    ArrayNode data = input.putArray("data");
    for (int[] text : texts) {
      ObjectNode datum = data.addObject();
      ArrayNode tokens =
          datum
              .putObject("model_input")
              .putArray("chunks")
              .addObject()
              .put("type", "encoded_text")
              .putArray("tokens");
      ObjectNode targets = datum.putObject("loss_fn_inputs").putObject("target_tokens");
      ArrayNode values = targets.put("dtype", "int64").putArray("data");
      for (int i = 0; i + 1 < text.length; i++) {
        tokens.add(text[i]);
        values.add(text[i + 1]);
      }
      targets.putArray("shape").add(text.length - 1);
    }
    return body;
  }

  static ObjectNode step(String model, int sequence, double rate) {
    ObjectNode body = json("{}").put("model_id", model).put("seq_id", sequence);
    body.putObject("adam_params").put("learning_rate", rate);
    return body;
  }
}
