package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Holds answers of a real server against a document: status, media type, headers, body and events;
 * writes down what has occurred. An answer with a field or a header that is not documented fails.
 */
final class RecordedAnswers {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** How HTTP frames an answer; the document's media types say the content type. */
  private static final Set<String> FRAMING =
      Set.of("content-length", "transfer-encoding", "content-type", "connection");

  /** {@code POST /v1/completions 200 text/event-stream} */
  final Set<String> answers = new TreeSet<>();

  final Set<String> codes = new TreeSet<>();
  final Set<String> headers = new TreeSet<>();

  private final ApiSpec spec;

  RecordedAnswers(ApiSpec spec) {
    this.spec = spec;
  }

  /**
   * Checks an answer of an operation, such as {@code GET /v1/models/{id}}, and returns its body.
   */
  String check(String operation, int status, HttpResponse<String> answer) throws Exception {
    String pointer = spec.operations().get(operation);
    assertTrue(pointer != null, operation);
    assertEquals(status, answer.statusCode(), operation + ": " + answer.body());
    check(operation + " " + status, pointer + "/responses/" + status, answer);
    return answer.body();
  }

  /** Checks an answer against a response of the document. */
  void check(String name, String pointer, HttpResponse<String> answer) throws Exception {
    String response = spec.resolve(pointer);
    checkHeaders(name, response, answer);
    JsonNode content = spec.at(response).path("content");
    String type = answer.headers().firstValue("content-type").orElse("").split(";", 2)[0].strip();
    assertTrue(content.has(type), name + " answers " + type);
    String media = response + "/content/" + ApiSpec.escaped(type);
    answers.add(name + " " + type);
    switch (type) {
      case "application/json" -> checkJson(name, media + "/schema", answer.body());
      case "text/event-stream" -> checkEvents(name, media + "/x-event-schema", answer.body());
      default -> assertFalse(answer.body().isEmpty(), name);
    }
  }

  private void checkJson(String name, String schema, String body) throws Exception {
    JsonNode json = MAPPER.readTree(body);
    assertEquals(List.of(), spec.errors(schema, json), name + ": " + body);
    if (json.has("error")) {
      codes.add(json.at("/error/code").asText());
    }
  }

  private void checkEvents(String name, String schema, String body) throws Exception {
    if (body.startsWith("event: ")) {
      for (JsonNode event : NamedEvents.read(body).data()) {
        checkJson(name, schema, event.toString());
      }
      return;
    }
    String[] events = body.split("\n\n");
    assertEquals("data: [DONE]", events[events.length - 1], name);
    for (int i = 0; i < events.length - 1; i++) {
      assertTrue(events[i].startsWith("data: "), events[i]);
      checkJson(name, schema, events[i].substring("data: ".length()));
    }
  }

  private void checkHeaders(String name, String response, HttpResponse<String> answer) {
    Set<String> documented = new TreeSet<>();
    for (Map.Entry<String, JsonNode> e : spec.at(response).path("headers").properties()) {
      String header = e.getKey().toLowerCase(Locale.ROOT);
      documented.add(header);
      String at = spec.resolve(response + "/headers/" + ApiSpec.escaped(e.getKey()));
      String value = answer.headers().firstValue(header).orElse(null);
      assertTrue(
          value != null || !spec.at(at).path("required").asBoolean(), name + " has no " + header);
      if (value != null) {
        headers.add(header);
        assertEquals(List.of(), spec.errors(at + "/schema", new TextNode(value)), header);
      }
    }
    Set<String> more = new TreeSet<>(answer.headers().map().keySet());
    more.removeAll(FRAMING);
    more.removeAll(documented);
    assertEquals(Set.of(), more, name + " has headers that are not documented");
  }
}
